//! Finding tags in texts that were never meant to be parsed.

/// Content of a tag that is never text, read up to its end tag.
const HIDDEN: [&str; 2] = ["script", "style"];
/// How far quotes are followed for a `>` inside of an attribute.
const MAX_QUOTED_BYTES: usize = 4096;

/// A tag, comment or hidden element.
pub(super) struct Tag<'a> {
    /// Empty for a comment.
    pub(super) name: &'a str,
    pub(super) closing: bool,
    /// Length in the input, hidden content included.
    pub(super) bytes: usize,
}

/// Whether a `<` before this character may begin a tag.
pub(super) fn starts_tag(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')
}

/// Finds tags at growing positions of a text; reads it once, however many `<` have no end.
pub(super) struct Tags<'a> {
    text: &'a str,
    /// The first `>` after the position that was asked last; the text's length when there is none.
    next_end: usize,
}

impl<'a> Tags<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, next_end: 0 }
    }

    /// The tag, comment or hidden element that begins with the `<` at a position.
    pub(super) fn at(&mut self, at: usize) -> Option<Tag<'a>> {
        let text = self.text.get(at..)?;
        let inner = text.strip_prefix('<')?;
        if !inner.starts_with(starts_tag) {
            return None;
        }
        if let Some(comment) = inner.strip_prefix("!--") {
            let bytes = comment.find("-->").map_or(text.len(), |at| at + "<!--".len() + "-->".len());
            return Some(Tag { name: "", closing: false, bytes });
        }
        let first_end = self.end_after(at)? - at - 1;
        let end = unquoted_end(inner.as_bytes()).unwrap_or(first_end);
        let body = inner.get(..end)?;
        let closing = body.starts_with('/');
        let named = body.trim_start_matches('/');
        let name_end = named.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(named.len());
        let name = named.get(..name_end)?;
        let mut bytes = end + "<>".len();
        if !closing && HIDDEN.iter().any(|hidden| hidden.eq_ignore_ascii_case(name)) {
            bytes += hidden_bytes(text.get(bytes..)?, name);
        }
        Some(Tag { name, closing, bytes })
    }

    fn end_after(&mut self, at: usize) -> Option<usize> {
        if self.next_end <= at {
            self.next_end = self.text.get(at..)?.find('>').map_or(self.text.len(), |end| at + end);
        }
        (self.next_end < self.text.len()).then_some(self.next_end)
    }
}

/// Where the tag's `>` outside of quotes is, if within reach; a quote that was left open hides it.
fn unquoted_end(inner: &[u8]) -> Option<usize> {
    let mut quote = None;
    inner.iter().take(MAX_QUOTED_BYTES).position(|byte| {
        match (quote, byte) {
            (None, b'>') => return true,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), _) if open == *byte => quote = None,
            _ => {}
        }
        false
    })
}

/// Length of a hidden element's content; its end tag follows as a tag of its own. All the rest when it never ends.
fn hidden_bytes(text: &str, name: &str) -> usize {
    let is_end = |at: &usize| {
        text.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    text.match_indices("</").map(|(at, _)| at).find(is_end).unwrap_or(text.len())
}
