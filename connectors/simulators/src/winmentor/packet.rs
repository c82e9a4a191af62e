//! Reads an order packet (specification 3.8.1 and 3.8.2): INI lines in, orders or Romanian complaints out.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::options::DecimalSeparator;
use super::text::{NO_DATE, parse_date};

/// A packet whose grammar is sound. Whether its codes exist is decided against the books.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) year: i16,
    pub(super) month: i8,
    /// The WinMentor user, empty when not named.
    pub(super) user: String,
    pub(super) orders: Vec<DraftOrder>,
}

/// One `[Comanda_n]` with its `[Items_n]`.
#[derive(Debug)]
pub(super) struct DraftOrder {
    pub(super) nr_doc: i64,
    pub(super) booklet: String,
    pub(super) date: Date,
    pub(super) client: String,
    pub(super) place: String,
    pub(super) agent: String,
    pub(super) currency: String,
    pub(super) remark: String,
    pub(super) lines: Vec<DraftLine>,
}

/// One `Item_k`.
#[derive(Debug)]
pub(super) struct DraftLine {
    pub(super) article: String,
    pub(super) unit: String,
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    pub(super) discount: Decimal,
    pub(super) delivery: Option<Date>,
    pub(super) remark: String,
}

struct Section {
    name: String,
    /// Keys in lower case: they are case-insensitive in practice.
    keys: Vec<(String, String)>,
}

impl Section {
    fn get(&self, key: &str) -> &str {
        self.keys.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// The values of `item_1`, `item_2`, …, and whether they are numbered without gaps.
    fn items(&self) -> (Vec<&str>, bool) {
        let named: Vec<_> = self.keys.iter().filter(|(name, _)| is_item(name)).collect();
        let in_order =
            named.iter().enumerate().all(|(index, (name, _))| *name == format!("item_{}", index + 1));
        (named.into_iter().map(|(_, value)| value.as_str()).collect(), in_order)
    }
}

fn is_item(key: &str) -> bool {
    key.strip_prefix("item_").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads the lines of a packet. All complaints are collected, as WinMentor lists them.
pub(super) fn parse(lines: &[String], separator: DecimalSeparator) -> Result<Packet, Vec<String>> {
    let mut errors = Vec::new();
    let sections = sections(lines, &mut errors);
    let Some(info) = sections.iter().find(|section| section.name == "infopachet") else {
        errors.push("Lipseste sectiunea [InfoPachet]".to_owned());
        return Err(errors);
    };
    if !info.get("tipdocument").eq_ignore_ascii_case("COMANDA") {
        errors.push("Datele nu par a fi un fisier cu comenzi de la clienti".to_owned());
        return Err(errors);
    }
    let year = info.get("anlucru").parse().unwrap_or(0);
    let month = info.get("lunalucru").parse().unwrap_or(0);
    if Date::new(year, month, 1).is_err() {
        errors.push("AnLucru sau LunaLucru incorect in [InfoPachet]".to_owned());
        return Err(errors);
    }
    let headers = sections.iter().filter(|section| section.name.starts_with("comanda_")).count();
    let total = info.get("totalcomenzi");
    if total.parse() != Ok(headers) || headers == 0 {
        errors.push(format!("TotalComenzi={total} nu corespunde cu numarul de comenzi ({headers})"));
    }
    let mut orders = Vec::with_capacity(headers);
    for number in 1..=headers {
        let find =
            |prefix: &str| sections.iter().find(|section| section.name == format!("{prefix}_{number}"));
        match (find("comanda"), find("items")) {
            (Some(header), Some(items)) => {
                orders.extend(order(header, items, (year, month), separator, &mut errors));
            }
            (None, _) => errors.push(format!("Lipseste sectiunea [Comanda_{number}]")),
            (_, None) => errors.push(format!("Lipseste sectiunea [Items_{number}]")),
        }
    }
    if errors.is_empty() {
        Ok(Packet { year, month, user: info.get("logon").to_owned(), orders })
    } else {
        Err(errors)
    }
}

fn sections(lines: &[String], errors: &mut Vec<String>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in lines {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.to_ascii_lowercase();
            if sections.iter().any(|section| section.name == name) {
                errors.push(format!("Sectiunea {trimmed} apare de mai multe ori"));
            }
            sections.push(Section { name, keys: Vec::new() });
            continue;
        }
        match (trimmed.split_once('='), sections.last_mut()) {
            (Some((key, value)), Some(section)) if !line.contains(['\r', '\n']) => {
                section.keys.push((key.trim().to_ascii_lowercase(), value.to_owned()));
            }
            _ => errors.push(format!("Linie nerecunoscuta: {trimmed}")),
        }
    }
    sections
}

fn order(
    header: &Section,
    items: &Section,
    (year, month): (i16, i8),
    separator: DecimalSeparator,
    errors: &mut Vec<String>,
) -> Option<DraftOrder> {
    let before = errors.len();
    let number = header.get("nrdoc");
    let nr_doc = number.parse::<i32>().ok().filter(|nr_doc| *nr_doc > 0);
    if nr_doc.is_none() {
        errors.push(format!("NrDoc incorect: {number}"));
    }
    if !header.get("operatie").eq_ignore_ascii_case("A") {
        errors.push(format!("Comanda {number}: Operatie necunoscuta: {}", header.get("operatie")));
    }
    let date = parse_date(header.get("data"));
    match date {
        None => errors.push(format!("Comanda {number}: data incorecta: {}", header.get("data"))),
        Some(date) if date.year() != year || date.month() != month => errors.push(format!(
            "Comanda {number}: data {} nu apartine lunii de lucru {month:02}/{year}",
            header.get("data")
        )),
        Some(_) => {}
    }
    let due = header.get("scadenta");
    if !due.is_empty() && parse_date(due).is_none() {
        errors.push(format!("Comanda {number}: scadenta incorecta: {due}"));
    }
    let (values, in_order) = items.items();
    let total = header.get("totalarticole");
    if total.parse() != Ok(values.len()) || values.is_empty() || !in_order {
        errors.push(format!(
            "Comanda {number}: TotalArticole={total} nu corespunde cu numarul de articole ({})",
            values.len()
        ));
    }
    let lines = values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| {
            let read = line(value, separator);
            if let Err(complaint) = &read {
                errors.push(format!("Comanda {number}, articolul {}: {complaint}", index + 1));
            }
            read.ok()
        })
        .collect();
    if errors.len() > before {
        return None;
    }
    Some(DraftOrder {
        nr_doc: i64::from(nr_doc?),
        booklet: header.get("simbolcarnet").trim().to_owned(),
        date: date?,
        client: header.get("codclient").trim().to_owned(),
        place: header.get("locatie").to_owned(),
        agent: header.get("agent").to_owned(),
        currency: header.get("moneda").trim().to_owned(),
        remark: header.get("observatii").to_owned(),
        lines,
    })
}

fn line(value: &str, separator: DecimalSeparator) -> Result<DraftLine, String> {
    let fields: Vec<&str> = value.split(';').collect();
    let field = |index: usize| fields.get(index).copied().unwrap_or("").trim();
    if fields.len() < 4 {
        return Err(format!("prea putine campuri: {value}"));
    }
    let numeric = |index: usize, name: &str| {
        number(field(index), separator).ok_or_else(|| format!("{name} incorect: {}", field(index)))
    };
    let quantity = numeric(2, "cantitate")?;
    if quantity <= Decimal::ZERO {
        return Err(format!("cantitate incorecta: {}", field(2)));
    }
    let discount = if field(4).is_empty() { Decimal::ZERO } else { numeric(4, "discount")? };
    let delivery = match field(5) {
        "" | NO_DATE => None,
        text => Some(parse_date(text).ok_or_else(|| format!("termen de livrare incorect: {text}"))?),
    };
    Ok(DraftLine {
        article: field(0).to_owned(),
        unit: field(1).to_owned(),
        quantity,
        price: numeric(3, "pret")?,
        discount,
        delivery,
        remark: field(6).to_owned(),
    })
}

/// Reads a number with the separator of the Windows settings; the other one is not understood.
fn number(text: &str, separator: DecimalSeparator) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return None;
    }
    match separator {
        DecimalSeparator::Point if text.contains(',') => None,
        DecimalSeparator::Comma if text.contains('.') => None,
        _ => text.replace(',', ".").parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> Vec<String> {
        "[InfoPachet]\nAnLucru=2026\nLunaLucru=11\nTipdocument=COMANDA\nTotalComenzi=1\nLogon=Master\n\n\
         [Comanda_1]\nNrDoc=500001\nSimbolCarnet=CDON\nOperatie=A\nData=23.11.2026\nCodClient=CDON-SE\n\
         Moneda=LEI\nObservatii=CDON:abc\nTotalArticole=2\n[Items_1]\n\
         Item_1=594;Buc;2;99.1735;0;25.11.2026;linia 1;\nItem_2=595;Buc;1.5;-3;"
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn complaint(change: impl Fn(&str) -> String) -> String {
        let lines: Vec<_> = packet().iter().map(|line| change(line)).collect();
        parse(&lines, DecimalSeparator::Point).unwrap_err().join("|")
    }

    #[test]
    fn a_sound_packet_is_read_whole() {
        let packet = parse(&packet(), DecimalSeparator::Point).unwrap();
        let order = &packet.orders[0];
        assert_eq!((packet.year, packet.month, packet.user.as_str()), (2026, 11, "Master"));
        assert_eq!(
            (order.nr_doc, order.booklet.as_str(), order.remark.as_str()),
            (500_001, "CDON", "CDON:abc")
        );
        assert_eq!(order.lines[0].price.to_string(), "99.1735");
        assert_eq!(order.lines[0].remark, "linia 1");
        assert_eq!(order.lines[1].quantity.to_string(), "1.5");
    }

    #[test]
    fn counts_dates_and_numbers_must_agree() {
        let replaced = |from: &'static str, to: &'static str| complaint(move |line| line.replace(from, to));
        assert!(replaced("TotalComenzi=1", "TotalComenzi=2").contains("TotalComenzi=2"));
        assert!(replaced("TotalArticole=2", "TotalArticole=1").contains("TotalArticole=1"));
        assert!(replaced("Item_2", "Item_3").contains("TotalArticole"));
        assert!(replaced("Data=23.11", "Data=23.10").contains("nu apartine lunii"));
        assert!(replaced("COMANDA", "FACTURA IESIRE").contains("nu par a fi"));
        assert!(replaced("NrDoc=500001", "NrDoc=A-1").contains("NrDoc incorect"));
        assert!(replaced("99.1735", "99,1735").contains("pret incorect"));
        assert!(replaced("594;Buc;2", "594;Buc;0").contains("cantitate incorecta"));
        assert!(replaced("Moneda=LEI", "// moneda").contains("Linie nerecunoscuta"));
        assert!(replaced("[Items_1]", "[Articole_1]").contains("Lipseste sectiunea [Items_1]"));
    }

    #[test]
    fn the_separator_is_a_setting() {
        assert_eq!(number("1,5", DecimalSeparator::Comma), number("1.5", DecimalSeparator::Either));
        assert_eq!(number("1.5", DecimalSeparator::Comma), None);
        assert_eq!(number("", DecimalSeparator::Either), None);
        assert_eq!(number("1e3", DecimalSeparator::Either), None);
    }
}
