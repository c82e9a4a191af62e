//! What DHL says when it says no (dhl.md section 8), told without personal data.

use serde_json::Value;
use vortex_domain::order::Address;
use vortex_port::courier::Objection;

use crate::{
    body::Party,
    text::{clean, folded, phone},
    wire::{rows, text, text_of},
};

const MOST_CHARS: usize = 300;
/// A waybill number of our own that DHL does not take.
const WAYBILL_REFUSED: &str = "400104";
const HIDDEN: char = '…';

/// An error answer. Its own `status` is a text, a number, or called `code`, and decides nothing: HTTP's does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    details: Vec<String>,
}

impl Problem {
    /// Reads an error answer; none when it is something else.
    pub(crate) fn read(body: &Value) -> Option<Self> {
        let main = ["detail", "message", "title"].iter().find_map(|key| text_of(body, key))?;
        // Several problems stand apart, and `detail` only points to them.
        let mut details: Vec<String> = rows(body, "additionalDetails").iter().filter_map(text).collect();
        if details.is_empty() {
            details.push(main);
        }
        Some(Self { details })
    }

    /// DHL refuses the waybill number that we sent along.
    pub(crate) fn is_about_the_waybill_number(&self) -> bool {
        self.details.iter().any(|detail| detail.contains(WAYBILL_REFUSED))
    }

    /// Whether one of the problems has this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.details.iter().any(|detail| code_of(detail) == Some(code))
    }

    /// Everything said, in one line.
    pub(crate) fn words(&self, private: &Private) -> String {
        shown(&self.details.join("; "), private)
    }

    /// One objection per problem, in DHL's words.
    pub(crate) fn objections(&self, private: &Private) -> Vec<Objection> {
        let one =
            |detail: &String| Objection { field: field_of(detail).to_owned(), rule: shown(detail, private) };
        self.details.iter().map(one).collect()
    }
}

fn shown(text: &str, private: &Private) -> String {
    private.hide(&clean(text)).chars().take(MOST_CHARS).collect()
}

/// The number that many details begin with.
fn code_of(detail: &str) -> Option<&str> {
    let (code, _) = detail.trim_start().split_once(':')?;
    (!code.is_empty() && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// The field in our words; empty when DHL names none.
fn field_of(detail: &str) -> &'static str {
    if let Some((_, pointer)) = detail.split_once("#/") {
        let pointer = pointer.split([':', ' ']).next().unwrap_or_default();
        // What is missing stands beside the place where it is missing.
        let missing = detail.split_once("required key [").and_then(|(_, key)| key.split(']').next());
        return field_at(&format!("{pointer}/{}", missing.unwrap_or_default()));
    }
    match code_of(detail) {
        Some("996" | "997" | "998") => "ready",
        Some("1001") => "product",
        Some("7008") => "service",
        Some("7120") => "customs",
        Some("7147") => "description",
        Some("400104" | "3501") => "reserved",
        Some("8003" | "8009") => "account_number",
        _ if detail.to_ascii_lowercase().contains("account number") => "account_number",
        _ => "",
    }
}

fn field_at(pointer: &str) -> &'static str {
    const NAMES: &[(&str, &str)] = &[
        ("shipperDetails", "shipper"),
        ("addressLine", "street"),
        ("cityName", "city"),
        ("postalCode", "postal_code"),
        ("countryCode", "country"),
        ("phone", "phone"),
        ("fullName", "name"),
        ("companyName", "name"),
        ("commodityCodes", "commodity_code"),
        ("manufacturerCountry", "origin"),
        ("quantity", "quantity"),
        ("lineItems/weight", "net_weight"),
        ("price", "unit_price"),
        ("invoice", "invoice_number"),
        ("exportDeclaration", "customs"),
        ("declaredValue", "value"),
        ("weight", "weight"),
        ("dimensions", "size"),
        ("customerReferences", "reference"),
        ("identifiers", "reserved"),
        ("accounts", "account_number"),
        ("plannedShippingDateAndTime", "ready"),
        ("productCode", "product"),
        ("valueAddedServices", "service"),
        ("outputImageProperties", "label"),
    ];
    // Positions in lists say nothing to a merchant.
    let named = |part: &&str| !part.is_empty() && part.parse::<u32>().is_err();
    let path = pointer.split('/').filter(named).collect::<Vec<_>>().join("/");
    match NAMES.iter().find(|(part, _)| path.contains(part)) {
        Some((_, "customs")) if path.ends_with("description") => "description",
        Some((_, field)) => field,
        None if path.ends_with("description") => "contents",
        None => "",
    }
}

/// Personal data of a call, to be taken out of whatever DHL says about it.
#[derive(Default)]
pub(crate) struct Private {
    /// Whole texts and their words, folded, longest first.
    fragments: Vec<Vec<char>>,
    phones: Vec<String>,
}

impl Private {
    /// Of a receiver.
    pub(crate) fn of(to: &Address) -> Self {
        let mut private = Self::default();
        for text in [&to.name, &to.street, &to.city, &to.postal_code] {
            private.add(text);
        }
        private.add_phone(&to.phone);
        private
    }

    /// Of the shipper too.
    #[must_use]
    pub(crate) fn and_of(mut self, party: &Party) -> Self {
        let address = &party.postal_address;
        self.add(&party.contact_information.full_name);
        for line in
            [Some(&address.address_line1), address.address_line2.as_ref(), address.address_line3.as_ref()]
        {
            self.add(line.map_or("", String::as_str));
        }
        self.add_phone(&party.contact_information.phone);
        self
    }

    fn add(&mut self, text: &str) {
        let text = clean(text);
        let words = text.split([' ', ',', '.', '-', '/']);
        // A short number is as likely a length or a code of DHL's as a house number.
        let telling = |word: &&str| {
            let chars = word.chars().count();
            if word.chars().all(|c| c.is_ascii_digit()) { chars >= 4 } else { chars >= 3 }
        };
        let parts = std::iter::once(text.as_str()).chain(words).filter(telling);
        self.fragments.extend(parts.map(|part| part.chars().map(folded).collect::<Vec<_>>()));
        self.fragments.sort_by_key(|fragment| std::cmp::Reverse(fragment.len()));
        self.fragments.dedup();
    }

    fn add_phone(&mut self, number: &str) {
        let digits: String = phone(number).chars().filter(char::is_ascii_digit).collect();
        self.phones.push(digits);
    }

    /// The text with every trace of the data replaced by `…`.
    pub(crate) fn hide(&self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let plain: Vec<char> = chars.iter().copied().map(folded).collect();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(c) = chars.get(at) {
            let hidden = self.fragment_at(&plain, at).or_else(|| self.phone_at(&plain, at));
            out.push(hidden.map_or(*c, |_| HIDDEN));
            at += hidden.unwrap_or(1);
        }
        out
    }

    fn fragment_at(&self, text: &[char], at: usize) -> Option<usize> {
        let starts =
            at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|c| !c.is_alphanumeric());
        let rest = text.get(at..).filter(|_| starts)?;
        let fits = |fragment: &&Vec<char>| {
            rest.starts_with(fragment) && rest.get(fragment.len()).is_none_or(|c| !c.is_alphanumeric())
        };
        self.fragments.iter().find(fits).map(Vec::len)
    }

    /// A run of digits, perhaps parted by blanks and hyphens, that is a known phone or the end of one.
    fn phone_at(&self, text: &[char], at: usize) -> Option<usize> {
        const LEAST_DIGITS: usize = 6;
        let rest = text.get(at..)?;
        rest.first().filter(|c| c.is_ascii_digit() || **c == '+')?;
        let run = rest
            .iter()
            .take_while(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'))
            .count();
        let run = rest.get(..run)?;
        let digits: String = run.iter().filter(|c| c.is_ascii_digit()).collect();
        let bare = digits.trim_start_matches('0');
        let known = |phone: &String| {
            phone.len() >= LEAST_DIGITS
                && (phone.ends_with(bare) || bare.ends_with(phone.trim_start_matches('0')))
        };
        let end = run.iter().rposition(char::is_ascii_digit)?;
        (bare.len() >= LEAST_DIGITS && self.phones.iter().any(known)).then_some(end + 1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shipment::tests::to_sweden;

    fn objections(body: &Value) -> Vec<(String, String)> {
        let found = Problem::read(body).unwrap().objections(&Private::of(&to_sweden().to));
        found.into_iter().map(|o| (o.field, o.rule)).collect()
    }

    #[test]
    fn reads_every_spelling_of_a_problem() {
        for status in [json!({"status": "400"}), json!({"status": 400}), json!({"code": "400"}), json!({})] {
            let mut body =
                json!({"title": "Bad request", "detail": "1001: The requested product(s) (N) not available"});
            body.as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
            let expected =
                ("product".to_owned(), "1001: The requested product(s) (N) not available".to_owned());
            assert_eq!(objections(&body), [expected], "{status}");
        }
        assert_eq!(objections(&json!({"title": "Forbidden"})), [(String::new(), "Forbidden".to_owned())]);
        for other in [json!({"shipmentTrackingNumber": "1"}), json!([]), json!("no"), json!(null)] {
            assert_eq!(Problem::read(&other), None, "{other}");
        }
    }

    #[test]
    fn several_problems_are_several_objections_with_their_fields() {
        let body = json!({"detail": "Multiple problems found, see Additional Details", "additionalDetails": [
            "#/customerDetails/receiverDetails/postalAddress/addressLine1: expected maxLength: 45, actual: 49",
            "#/content/exportDeclaration/lineItems/0/commodityCodes/0/value: expected minLength: 2, actual: 1",
            "#/content/exportDeclaration/lineItems/0: required key [weight] not found",
            "#/content/exportDeclaration/lineItems/0/description: expected minLength: 1, actual: 0",
            "#/content/description: string [ x] does not match pattern",
            "#/content/packages/0/weight: 0.0 is not greater or equal to 0.001",
            "7147: description matches a keyword", "The account number is not found or invalid"]});
        let fields: Vec<_> = objections(&body).into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            [
                "street",
                "commodity_code",
                "net_weight",
                "description",
                "contents",
                "weight",
                "description",
                "account_number"
            ]
        );
    }

    #[test]
    fn personal_data_is_taken_out_in_every_spelling() {
        let said = "7000: ASA OBERG at storgatan 1, 111 22 STOCKHOLM (Åsa Öberg, 070-123 45 67, +46701234567) cannot be served";
        let (_, rule) = objections(&json!({ "detail": said })).pop().unwrap();
        for trace in ["asa", "åsa", "berg", "storgatan", "111 22", "stockholm", "123 45", "701234567"] {
            assert!(!rule.to_lowercase().contains(trace), "{trace}: {rule}");
        }
        assert!(rule.starts_with("7000: … at …") && rule.ends_with("cannot be served"), "{rule}");
        let harmless = "#/customerDetails/receiverDetails/postalAddress/addressLine1: expected maxLength: 45, actual: 49";
        assert_eq!(Private::of(&to_sweden().to).hide(harmless), harmless);
    }

    #[test]
    fn knows_the_refusal_of_a_waybill_number() {
        let about =
            |detail: &str| Problem::read(&json!({ "detail": detail })).unwrap().is_about_the_waybill_number();
        assert!(about("400104: Waybill number is invalid"));
        assert!(!about("3501: own identifiers are not enabled"));
        assert!(
            Problem::read(&json!({"detail": "3501: Request Identifier is not allowed"}))
                .unwrap()
                .has_code("3501")
        );
    }
}
