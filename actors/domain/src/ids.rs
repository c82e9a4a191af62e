//! Names of things: vendors, articles, orders, markets.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// A text that is not a valid name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a valid {kind}: {rule}")]
pub struct InvalidId {
    /// What was wanted.
    pub kind: &'static str,
    /// What came, cut to 80 characters.
    pub value: String,
    /// What a valid one looks like.
    pub rule: &'static str,
}

fn invalid(kind: &'static str, value: &str, rule: &'static str) -> InvalidId {
    InvalidId { kind, value: value.chars().take(80).collect(), rule }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and wraps the text.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                let text = text.as_ref();
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(Arc::from(text))) } else { Err(invalid($kind, text, $rule)) }
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.to_string()
            }
        }
    };
}

text_id!(
    /// A merchant on this installation, e.g. `acme`.
    VendorId,
    "vendor id",
    "1 to 40 of a-z, 0-9 and -",
    |t| (1..=40).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

text_id!(
    /// The merchant's own key of one sellable article; the same text in the ERP and on the channel.
    Sku,
    "SKU",
    "1 to 64 characters, none of them a control character",
    |t| !t.trim().is_empty() && t.chars().count() <= 64 && !t.chars().any(char::is_control)
);

text_id!(
    /// The channel's id of one order; on CDON one order is one SKU (cdon.md section 1).
    OrderId,
    "order id",
    "1 to 64 of letters, digits, - and _",
    |t| (1..=64).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
);

text_id!(
    /// Our id of a collection at the shipper's door: its day and a number, so that ids sort by day.
    PickupId,
    "pickup id",
    "a day and a number, e.g. 2026-03-02-01",
    |t| t.len() == 13 && t.bytes().all(|b| b.is_ascii_digit() || b == b'-')
);

impl OrderId {
    /// The reference that we leave with others: the id, its hyphens removed when `prefix` + id would
    /// exceed `limit` characters (contract.md, References).
    pub fn reference(&self, prefix: &str, limit: usize) -> String {
        if prefix.len() + self.0.len() <= limit {
            format!("{prefix}{}", self.0)
        } else {
            format!("{prefix}{}", self.0.replace('-', ""))
        }
    }

    /// The token at the head of a WinMentor remark, `CDON:<ref>`, at most 40 characters.
    pub fn erp_token(&self) -> String {
        self.reference("CDON:", 40)
    }

    /// The ids that this token may be of: its text, and the UUID that has lost its hyphens in it.
    pub fn of_erp_token(token: &str) -> Vec<Self> {
        let Some(reference) = token.strip_prefix("CDON:") else { return Vec::new() };
        let mut texts = vec![reference.to_owned()];
        if reference.len() == 32 && reference.bytes().all(|b| b.is_ascii_hexdigit()) {
            let parts =
                [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| reference.get(part).unwrap_or_default());
            texts.push(parts.join("-"));
        }
        texts.into_iter().filter_map(|text| Self::new(text).ok()).collect()
    }

    /// The courier's reference of a parcel, `<ref>-<number>`, at most 35 characters.
    pub fn parcel_reference(&self, number: u32) -> String {
        let suffix = format!("-{number}");
        self.reference("", 35 - suffix.len().min(35)) + &suffix
    }
}

macro_rules! code_enum {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $code)] $variant),+
        }
        impl $name {
            /// Every value, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it travels.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::ALL.iter().copied().find(|v| v.code().eq_ignore_ascii_case(text))
                    .ok_or_else(|| invalid($kind, text, $rule))
            }
        }
    };
}

code_enum!(
    /// A national market of the channel (cdon.md section 5).
    Market, "market", "one of SE, DK, FI, NO", {
        /// Sweden
        Se = "SE",
        /// Denmark
        Dk = "DK",
        /// Finland
        Fi = "FI",
        /// Norway
        No = "NO",
    }
);

code_enum!(
    /// A currency we deal in; all have two decimals.
    Currency, "currency", "one of RON, SEK, DKK, EUR, NOK", {
        /// Romanian leu
        Ron = "RON",
        /// Swedish krona
        Sek = "SEK",
        /// Danish krone
        Dkk = "DKK",
        /// Euro
        Eur = "EUR",
        /// Norwegian krone
        Nok = "NOK",
    }
);

code_enum!(
    /// A language of texts on the channel (cdon.md section 5). Romanian has no code there.
    Language, "language", "one of sv-SE, da-DK, fi-FI, nb-NO, en-US", {
        /// Swedish
        Sv = "sv-SE",
        /// Danish
        Da = "da-DK",
        /// Finnish
        Fi = "fi-FI",
        /// Norwegian bokmål
        Nb = "nb-NO",
        /// English
        En = "en-US",
    }
);

impl Market {
    /// The currency that is tied to the market.
    pub fn currency(self) -> Currency {
        match self {
            Self::Se => Currency::Sek,
            Self::Dk => Currency::Dkk,
            Self::Fi => Currency::Eur,
            Self::No => Currency::Nok,
        }
    }

    /// The market's own language.
    pub fn language(self) -> Language {
        match self {
            Self::Se => Language::Sv,
            Self::Dk => Language::Da,
            Self::Fi => Language::Fi,
            Self::No => Language::Nb,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_not_travel() {
        assert!(VendorId::new("Acme").is_err());
        assert!(Sku::new(" ").is_err());
        assert!(Sku::new("a\nb").is_err());
        assert!(Sku::new("35mmp  ; H01N2-D").is_ok());
        assert!(OrderId::new("a b").is_err());
    }

    #[test]
    fn a_uuid_loses_its_hyphens_only_when_the_field_would_overflow() {
        let id = OrderId::new("0a1b2c3d-0000-4000-8000-00000000abcd").unwrap();
        assert_eq!(id.erp_token(), "CDON:0a1b2c3d0000400080000000 0000abcd".replace(' ', ""));
        assert_eq!(OrderId::new("1234567").unwrap().erp_token(), "CDON:1234567");
        for text in ["0a1b2c3d-0000-4000-8000-00000000abcd", "1234567", "a-b_c"] {
            let id = OrderId::new(text).unwrap();
            assert!(OrderId::of_erp_token(&id.erp_token()).contains(&id), "{id}");
        }
        for foreign in ["EMAG:1", "CDON:", "", "CDON:a b"] {
            assert_eq!(OrderId::of_erp_token(foreign), [], "{foreign}");
        }
    }
}
