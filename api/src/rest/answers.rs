//! What the channel answered to a publication, as the journal has it.

use serde::Serialize;
use utoipa::ToSchema;
use vortex_domain::{SkuState, sku::Facet};
use vortex_store::rows::JournalEntry;

/// Entries of one article's journal that are looked through.
pub(super) const ENTRIES_LIMIT: u32 = 2_000;

/// How far one part of a publication had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerState {
    /// It has left; nothing has come back.
    Sent,
    /// The channel has it for processing.
    Taken,
    /// The channel's verdict is good.
    Accepted,
    /// The channel shows it.
    Seen,
    /// The channel showed something else later.
    Differs,
    /// The channel does not want it.
    Refused,
    /// Nobody knows whether it arrived; it is sent again.
    Unknown,
    /// It surely did not leave; it is sent again.
    NotSent,
}

impl AnswerState {
    /// Its name in answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Taken => "taken",
            Self::Accepted => "accepted",
            Self::Seen => "seen",
            Self::Differs => "differs",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
        }
    }

    /// How it looks on pages.
    pub(crate) fn mood(self) -> &'static str {
        match self {
            Self::Accepted | Self::Seen => "good",
            Self::Sent | Self::Taken => "busy",
            Self::NotSent => "warn",
            Self::Differs | Self::Refused | Self::Unknown => "bad",
        }
    }
}

/// What the channel said of one part of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// How far it had come.
    pub(crate) state: AnswerState,
    /// Since when, milliseconds since 1970; since the publication when nothing has come back.
    pub(crate) since_ms: i64,
    /// When the verdict came, if it was good.
    pub(super) accepted_ms: Option<i64>,
    /// The channel's words, or what it showed instead.
    pub(crate) detail: Option<String>,
}

impl Answer {
    /// From the article's journal since the publication, oldest first. What came after the next publication is that one's,
    /// except for what the channel showed.
    pub(super) fn of(entries: &[JournalEntry], sent_ms: i64, facet: Facet) -> Self {
        let mut answer =
            Self { state: AnswerState::Sent, since_ms: sent_ms, accepted_ms: None, detail: None };
        let mut publications = 0;
        for entry in entries {
            let (at_ms, text) = (entry.row.at_ms, entry.row.new.as_str());
            let cause = entry.row.cause.as_str();
            if cause == "publish_started" {
                publications += 1;
            }
            if publications == 1 {
                let refused = || SkuState::refused_in(text, facet).map(str::to_owned);
                match cause {
                    "publish_answered" => match refused() {
                        Some(why) => answer.becomes(AnswerState::Refused, at_ms, Some(why)),
                        None => answer.becomes(AnswerState::Taken, at_ms, None),
                    },
                    "publish_decided" if answer.state != AnswerState::Refused => {
                        if let Some(why) = refused() {
                            answer.becomes(AnswerState::Refused, at_ms, Some(why));
                        } else {
                            answer.becomes(AnswerState::Accepted, at_ms, None);
                            answer.accepted_ms = Some(at_ms);
                        }
                    }
                    "publish_unanswered" | "verdict_lost" | "already_listed" | "not_listed" => {
                        answer.becomes(AnswerState::Unknown, at_ms, None);
                    }
                    "publish_not_sent" => answer.becomes(AnswerState::NotSent, at_ms, None),
                    _ => {}
                }
            }
            if cause == "channel_read" && answer.accepted_ms.is_some() {
                let differs = SkuState::drift_in(text).map(str::to_owned);
                match differs {
                    Some(shown) => answer.becomes(AnswerState::Differs, at_ms, Some(shown)),
                    None if answer.state == AnswerState::Accepted => {
                        answer.becomes(AnswerState::Seen, at_ms, None);
                    }
                    None => {}
                }
            }
        }
        answer
    }

    fn becomes(&mut self, state: AnswerState, since_ms: i64, detail: Option<String>) {
        (self.state, self.since_ms, self.detail) = (state, since_ms, detail);
    }
}

#[cfg(test)]
mod tests {
    use vortex_domain::{Sku, VendorId, attention::Subject};
    use vortex_store::rows::JournalRow;

    use super::*;

    fn journal(entries: &[(i64, &str, &str)]) -> Vec<JournalEntry> {
        let row = |(at_ms, cause, new): &(i64, &str, &str)| JournalRow {
            vendor: VendorId::new("acme").unwrap(),
            subject: Subject::Sku(Sku::new("A").unwrap()),
            at_ms: *at_ms,
            cause: (*cause).to_owned(),
            actor: "engine".to_owned(),
            old: String::new(),
            new: (*new).to_owned(),
        };
        entries.iter().map(|entry| JournalEntry { seq: entry.0, row: row(entry) }).collect()
    }

    fn states(entries: &[(i64, &str, &str)], facet: Facet) -> Vec<AnswerState> {
        let journal = journal(entries);
        (1..=journal.len()).map(|n| Answer::of(&journal[..n], 1, facet).state).collect()
    }

    const LISTED: &str = "stock 10 − 0, held 0, channel 4 (listed)";

    #[test]
    fn sent_taken_accepted_and_seen_are_told_apart() {
        use AnswerState::{Accepted, Differs, Seen, Sent, Taken};
        let way = [
            (1, "publish_started", LISTED),
            (2, "publish_answered", LISTED),
            (3, "stock_read", LISTED),
            (4, "publish_decided", LISTED),
            (5, "channel_read", LISTED),
            (6, "channel_read", "stock 10 − 0, held 0, channel ? (listed); CDON shows 9 instead of 4"),
        ];
        let all = states(&way, Facet::Quantity);
        assert_eq!(all, [Sent, Taken, Taken, Accepted, Seen, Differs]);
        let answer = Answer::of(&journal(&way), 1, Facet::Quantity);
        assert_eq!((answer.accepted_ms, answer.detail.as_deref()), (Some(4), Some("9")));
    }

    #[test]
    fn a_refusal_is_of_its_part_alone_and_of_a_creation_whole() {
        let decided = |text| [(1, "publish_started", LISTED), (4, "publish_decided", text)];
        let price = decided("channel 4 (listed); refused price: bad: vat | listing: dull");
        let of = |entries: &[_], facet| Answer::of(&journal(entries), 1, facet);
        assert_eq!(of(&price, Facet::Quantity).state, AnswerState::Accepted);
        let refused = of(&price, Facet::Prices);
        assert_eq!((refused.state, refused.detail.as_deref()), (AnswerState::Refused, Some("bad: vat")));
        assert_eq!(of(&price, Facet::Listing).detail.as_deref(), Some("dull"));
        let creation = decided("channel ? (not listed); refused price: bad");
        assert_eq!(of(&creation, Facet::Quantity).state, AnswerState::Refused);
    }

    #[test]
    fn what_came_after_the_next_publication_is_that_ones() {
        let way = [
            (1, "publish_started", LISTED),
            (2, "publish_unanswered", LISTED),
            (3, "publish_started", LISTED),
            (4, "publish_decided", LISTED),
            (5, "channel_read", LISTED),
        ];
        assert_eq!(states(&way, Facet::Quantity).last(), Some(&AnswerState::Unknown));
    }
}
