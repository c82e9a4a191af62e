use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::decimal::DecimalSeparator;

fn packet() -> OrderPacket {
    OrderPacket {
        month: WorkingMonth::new(2026, 5).unwrap(),
        logon: Some("Master".to_owned()),
        order: CustomerOrder {
            number: DocumentNumber::new(500_017).unwrap(),
            booklet: "CDON".to_owned(),
            date: date(2026, 5, 14),
            payment_due: Some(date(2026, 5, 28)),
            customer: "CDON-SE".to_owned(),
            location: None,
            agent: Some(3),
            currency: "LEI".to_owned(),
            discount: None,
            token: OrderToken::new("CDON", "778899").unwrap(),
            remark: "Björn Ångström; 249,00 SEK".to_owned(),
            from_online_shop: true,
            lines: vec![
                OrderLine {
                    article: "7350099000017".to_owned(),
                    unit: "Buc".to_owned(),
                    quantity: Decimal::from(2),
                    price: Decimal::new(881_250, 4),
                    discount: Decimal::ZERO,
                    delivery: date(2026, 5, 20),
                    remark: "line 1".to_owned(),
                },
                OrderLine {
                    article: "TRANSPORT".to_owned(),
                    unit: "Lei".to_owned(),
                    quantity: Decimal::new(395, 1),
                    price: Decimal::ONE,
                    discount: Decimal::ZERO,
                    delivery: date(2026, 5, 20),
                    remark: String::new(),
                },
            ],
        },
    }
}

fn refusal(change: impl FnOnce(&mut OrderPacket)) -> PacketError {
    let mut packet = packet();
    change(&mut packet);
    packet.render(DecimalSeparator::Point).unwrap_err()
}

#[test]
fn renders_what_the_importer_expects() {
    let expected = "[InfoPachet]
AnLucru=2026
LunaLucru=5
Tipdocument=COMANDA
TotalComenzi=1
Logon=Master
[Comanda_1]
NrDoc=500017
SimbolCarnet=CDON
Operatie=A
Data=14.05.2026
Scadenta=28.05.2026
CodClient=CDON-SE
Agent=3
Moneda=LEI
Observatii=CDON:778899 Björn Angström, 249,00 SEK
DinOnline=D
TotalArticole=2
[Items_1]
Item_1=7350099000017;Buc;2;88.125;0;20.05.2026;line 1;
Item_2=TRANSPORT;Lei;39.5;1;0;20.05.2026;;";
    assert_eq!(packet().render(DecimalSeparator::Point).unwrap().join("\n"), expected);

    let with_commas = packet().render(DecimalSeparator::Comma).unwrap();
    assert_eq!(with_commas.last().unwrap(), "Item_2=TRANSPORT;Lei;39,5;1;0;20.05.2026;;");
}

#[test]
fn refuses_codes_that_would_arrive_as_others() {
    let code = |code: &str| {
        let code = code.to_owned();
        refusal(|packet| packet.order.lines[1].article = code)
    };
    assert_eq!(
        code("40mm ; X9").to_string(),
        "article code `40mm ; X9` contains `;`, which WinMentor's import format cannot carry; give the article \
         another code in WinMentor, or set article_id_field to the other identifier"
    );
    for (text, expected) in
        [(" ", CodeProblem::Blank), ("A\nB", CodeProblem::Control), ("Å1", CodeProblem::CodePage)]
    {
        assert!(matches!(code(text), PacketError::Code { problem, .. } if problem == expected), "{text}");
    }
    let customer = refusal(|packet| packet.order.customer = "A;B".to_owned());
    assert!(matches!(customer, PacketError::Code { field: CodeField::Customer, .. }));
    let unit = refusal(|packet| packet.order.lines[0].unit.clear());
    assert!(matches!(unit, PacketError::Code { field: CodeField::Unit, problem: CodeProblem::Blank, .. }));
}

/// F41: an order dated outside of the open month would be refused by WinMentor, or land where nobody looks.
#[test]
fn refuses_a_date_outside_the_month() {
    let error = refusal(|packet| packet.order.date = date(2026, 6, 1));
    assert!(matches!(error, PacketError::DateOutsideMonth { .. }), "{error}");
    let error = refusal(|packet| packet.order.payment_due = Some(date(2026, 5, 13)));
    assert!(matches!(error, PacketError::DueBeforeOrder { .. }), "{error}");
}

#[test]
fn refuses_numbers_that_make_no_sense() {
    assert_eq!(refusal(|packet| packet.order.lines.clear()), PacketError::NoLines);
    let what = |change: fn(&mut OrderPacket)| match refusal(change) {
        PacketError::Number { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(what(|packet| packet.order.lines[0].quantity = Decimal::ZERO), "quantity");
    assert_eq!(what(|packet| packet.order.lines[0].price = Decimal::NEGATIVE_ONE), "price");
    assert_eq!(what(|packet| packet.order.lines[0].discount = Decimal::ONE_THOUSAND), "discount");
    assert_eq!(what(|packet| packet.order.discount = Some(Decimal::ONE_THOUSAND)), "order discount");
}

/// A free zero-price line is a gift, not a mistake.
#[test]
fn accepts_a_free_line() {
    let mut packet = packet();
    packet.order.lines[0].price = Decimal::ZERO;
    assert!(packet.render(DecimalSeparator::Point).is_ok());
}

#[test]
fn parsing_refuses_counts_that_do_not_match() {
    let rendered = packet().render(DecimalSeparator::Point).unwrap();
    for (from, to) in [
        ("TotalArticole=2", "TotalArticole=3"),
        ("TotalComenzi=1", "TotalComenzi=2"),
        ("Item_2=TRANSPORT;Lei;39.5;1;0;20.05.2026;;", "Item_2=TRANSPORT;Lei;39.5;1;0;20.05.2026;;;"),
        ("NrDoc=500017", "NrDoc=0"),
        ("Observatii=CDON", "Observatii=no token"),
        ("[Items_1]", "[Items_2]"),
    ] {
        let changed: Vec<String> = rendered.iter().map(|line| line.replace(from, to)).collect();
        assert_ne!(changed, rendered, "{from}");
        assert!(OrderPacket::parse(&changed).is_err(), "{to}");
    }
}

/// Text as people and channels write it, hostile parts included.
fn wild_text() -> impl Strategy<Value = String> {
    prop_oneof!["[ a-zåøÅÄșț;~=\\[\\]\r\n\0,.]{0,40}", any::<String>()]
}

/// Codes that the format can carry.
fn code() -> impl Strategy<Value = String> {
    "[A-Za-z0-9ăÖ./=~\\[-][A-Za-z0-9 ă./=~-]{0,15}"
}

prop_compose! {
    fn order_line()(
        article in code(), unit in code(), quantity in 1_i64..1_000_000, price in 0_i64..1_000_000_000,
        scale in 0_u32..6, discount in -100_i64..=100, day in 1_i8..=28, remark in wild_text(),
    ) -> OrderLine {
        OrderLine {
            article,
            unit,
            quantity: Decimal::new(quantity, 3),
            price: Decimal::new(price, scale),
            discount: discount.into(),
            delivery: date(2026, 8, day),
            remark,
        }
    }
}

prop_compose! {
    fn any_packet()(
        number in 1_i64..=i64::from(i32::MAX), booklet in prop_oneof![Just(String::new()), code()],
        due in proptest::option::of(10_i8..=28), customer in code(), location in proptest::option::of(code()),
        agent in any::<Option<u32>>(), discount in proptest::option::of(-100_i64..=100),
        order_id in "[A-Za-z0-9-]{1,35}", remark in wild_text(), online: bool,
        lines in proptest::collection::vec(order_line(), 1..6),
    ) -> OrderPacket {
        OrderPacket {
            month: WorkingMonth::new(2026, 5).unwrap(),
            logon: None,
            order: CustomerOrder {
                number: DocumentNumber::new(number).unwrap(),
                booklet,
                date: date(2026, 5, 9),
                payment_due: due.map(|day| date(2026, 5, day)),
                customer,
                location,
                agent,
                currency: "LEI".to_owned(),
                discount: discount.map(Decimal::from),
                token: OrderToken::new("CDON", &order_id).unwrap(),
                remark,
                from_online_shop: online,
                lines,
            },
        }
    }
}

proptest! {
    #[test]
    fn what_is_rendered_parses_back(packet in any_packet()) {
        for separator in [DecimalSeparator::Point, DecimalSeparator::Comma] {
            let lines = packet.render(separator).unwrap();
            prop_assert!(lines.iter().all(|line| crate::text::fits_cp1250(line) && !line.contains(['\r', '\n', '\0'])));
            let parsed = OrderPacket::parse(&lines).unwrap();
            prop_assert_eq!(parsed.render(separator).unwrap(), lines.clone());

            // Everything but free text arrives exactly; free text arrives as `text::outgoing` made it.
            let mut expected = packet.clone();
            expected.order.remark.clone_from(&parsed.order.remark);
            for (line, parsed) in expected.order.lines.iter_mut().zip(&parsed.order.lines) {
                line.remark = crate::text::outgoing(&line.remark, LINE_REMARK_MAX_CHARS);
                prop_assert_eq!(&line.remark, &parsed.remark);
            }
            prop_assert_eq!(parsed, expected);
        }
    }

    #[test]
    fn parsing_never_panics(lines in proptest::collection::vec(any::<String>(), 0..8), noise in "[\\[\\]=;A-Za-z_0-9\n]{0,200}") {
        let _ = OrderPacket::parse(&lines);
        let _ = OrderPacket::parse(&noise.lines().collect::<Vec<_>>());
    }
}
