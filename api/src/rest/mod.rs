//! `/api/v1`: what the engine knows and does, as JSON.

pub(crate) mod access;
pub(crate) mod after_sale;
pub(crate) mod answers;
pub(crate) mod attention;
pub(crate) mod buyer;
pub(crate) mod content;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod files;
pub(crate) mod history;
pub(crate) mod invoices;
pub(crate) mod journal;
pub(crate) mod mapping;
pub(crate) mod order_lists;
pub(crate) mod orders;
pub(crate) mod overview;
pub(crate) mod pickups;
pub(crate) mod rates;
pub(crate) mod returns;
pub(crate) mod returns_import;
pub(crate) mod sentences;
pub(crate) mod ship;
pub(crate) mod sku_list;
pub(crate) mod skus;
pub(crate) mod sync;
pub(crate) mod vendors;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::ApiError;

/// Items of a page when the caller does not say.
const PAGE_DEFAULT: u32 = 50;
/// Items of a page at most, whatever the caller says (SEC22).
const PAGE_LIMIT: u32 = 500;

/// Between 1 and the limit.
fn page_size(asked: Option<u64>) -> u32 {
    let asked = asked.unwrap_or(u64::from(PAGE_DEFAULT)).clamp(1, u64::from(PAGE_LIMIT));
    u32::try_from(asked).unwrap_or(PAGE_LIMIT)
}

/// A position in a list, opaque to callers.
fn cursor(position: &str) -> String {
    URL_SAFE_NO_PAD.encode(position)
}

fn position(cursor: &str) -> Result<String, ApiError> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(ApiError::Invalid("The cursor is none that we gave; begin without one.".into()))
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Give it as `cursor` to get what follows; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of rows read with one more than `size`; the surplus one only says that there is more.
    fn of(mut items: Vec<T>, size: u32, position_of: impl Fn(&T) -> String) -> Self {
        let size = size as usize;
        let more = items.len() > size;
        items.truncate(size);
        let next_cursor = items.last().filter(|_| more).map(|last| cursor(&position_of(last)));
        Self { items, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_capped_and_cursors_come_back() {
        assert_eq!(page_size(None), 50);
        assert_eq!(page_size(Some(0)), 1);
        assert_eq!(page_size(Some(1_000_000_000)), 500);
        assert_eq!(position(&cursor("o-1")).unwrap(), "o-1");
        assert!(position("%%").is_err());
    }

    #[test]
    fn only_a_surplus_item_announces_another_page() {
        let full = Page::of(vec![1, 2], 2, ToString::to_string);
        assert_eq!(full.next_cursor, None);
        let more = Page::of(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!((more.items.len(), more.next_cursor), (2, Some(cursor("2"))));
    }
}
