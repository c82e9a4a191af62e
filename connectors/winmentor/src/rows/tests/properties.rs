use proptest::prelude::*;

use super::*;

/// What a generated row is expected to come back as: code, quantity, warehouse; none for a placeholder.
type Expected = Option<(String, Decimal, String)>;

fn stock_record() -> impl Strategy<Value = (Expected, Vec<String>)> {
    let name = "[A-Z][a-z]{3,8}( [a-z]{2,6})?";
    let sound = (
        proptest::collection::vec("[A-Za-z0-9 ./-]{1,6}", 1..5),
        name,
        -10_000_i64..10_000,
        "[A-Z]{3}[0-9]",
        prop_oneof![Just("21"), Just("9"), Just("0")],
        prop_oneof![Just("D"), Just("NU"), Just("Da")],
    )
        .prop_filter("a blank code identifies nothing", |(code, ..)| !code.concat().trim().is_empty())
        .prop_map(|(code, name, hundredths, warehouse, vat, flag)| {
            let quantity = Decimal::new(hundredths, 2);
            let code = code.join(";");
            let mut tokens = vec![String::new(); 21];
            for (position, value) in [
                (0, code.clone()),
                (1, name),
                (2, "Buc".to_owned()),
                (4, quantity.to_string().replace('.', ",")),
                (11, warehouse.clone()),
                (13, vat.to_owned()),
                (14, flag.to_owned()),
                (18, "12".to_owned()),
            ] {
                tokens[position] = value;
            }
            (Some((code, quantity, warehouse)), tokens)
        });
    let placeholder = Just({
        let mut tokens = vec![String::new(); 21];
        tokens[1] = "---nedefinit---".to_owned();
        (None, tokens)
    });
    prop_oneof![9 => sound, 1 => placeholder]
}

proptest! {
    /// Codes with `;`, columns appended from any record on, placeholders: every sound row comes back.
    #[test]
    fn whatever_is_rendered_parses_back(
        records in proptest::collection::vec(stock_record(), 0..40), appended in 0_usize..5, drift_from in 0_usize..60,
    ) {
        let texts: Vec<String> = records
            .iter()
            .enumerate()
            .map(|(index, (_, tokens))| {
                let extra = if index >= drift_from { appended } else { 0 };
                tokens.join(";") + &";".repeat(extra)
            })
            .collect();
        let batch = batch::<StockRow>(texts);
        let found: Vec<_> =
            batch.rows.into_iter().map(|row| (row.code.unwrap(), row.on_hand, row.warehouse)).collect();
        let expected: Vec<_> = records.into_iter().filter_map(|(expected, _)| expected).collect();
        prop_assert_eq!(batch.health.rejected, 0);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn remarks_tear_without_harm(code in "[A-Z][0-9;]{0,6}", rest in "[a-z;\n\0 ]{0,30}") {
        let token = OrderToken::new("CDON", "778899").unwrap();
        let remark = format!("CDON:778899;{rest}");
        let neighbours = || [uninvoiced("A1", "x"), uninvoiced("A2", "y")];
        let mut records = neighbours().to_vec();
        records.push(uninvoiced(&code, &remark));
        let open = batch::<UninvoicedLine>(records);
        prop_assert_eq!(open.rows.len(), 3);
        prop_assert_eq!(open.rows[2].article.as_deref(), Some(code.as_str()));
        prop_assert!(open.rows[2].carries(&token));
        prop_assert_eq!(open.rows[2].currency.as_deref(), Some("RON"));

        let sold = batch::<SaleLine>([sale(&code, &remark)]);
        prop_assert_eq!(sold.rows.len(), 1);
        prop_assert_eq!(sold.rows[0].article.as_deref(), Some(code.as_str()));
        prop_assert!(sold.rows[0].carries(&token));
    }

    #[test]
    fn every_record_is_accounted_for(
        texts in proptest::collection::vec(any::<String>(), 0..6),
        separators in proptest::collection::vec("[;0-9,.DaNuPJF ]{0,120}", 0..6),
    ) {
        fn accounted<R: Row>(records: &[String]) -> bool {
            let batch = batch::<R>(records.to_vec());
            let health = &batch.health;
            batch.rows.len() + health.placeholders + health.rejected == records.len()
        }
        let records = [texts, separators].concat();
        prop_assert!(accounted::<Article>(&records) && accounted::<StockRow>(&records));
        prop_assert!(accounted::<OrderLineInfo>(&records) && accounted::<UninvoicedLine>(&records));
        prop_assert!(accounted::<SaleLine>(&records) && accounted::<Partner>(&records));
        prop_assert!(accounted::<Warehouse>(&records) && accounted::<Booklet>(&records));
    }
}
