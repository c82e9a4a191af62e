//! Texts as the channel takes them: plain titles, and descriptions with five tags (cdon.md section 6).
//!
//! Invariant: the output holds no tag but the allowed ones, properly nested, no control character and no
//! emoji, and never exceeds the limit; any input is fine, and one pass reads it.

use std::borrow::Cow;

use super::{
    entities,
    tags::{Tag, Tags, starts_tag},
};

/// A cleaned text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clean {
    /// The text, tags included.
    pub(super) text: String,
    /// Characters outside of tags.
    pub(super) visible: usize,
    /// Whether something was cut off.
    pub(super) truncated: bool,
}

/// A text without markup, at most `limit` characters, cut at a word.
pub(super) fn plain(raw: &str, limit: usize) -> Clean {
    Writer::new(limit, false).run(raw)
}

/// A text with `br`, `p`, `li`, `ol` and `ul` at most, cut at a word to `limit` characters, tags counted.
/// The lines of a text without any tag become `<br>`.
pub(super) fn html(raw: &str, limit: usize) -> Clean {
    Writer::new(limit, true).run(raw)
}

/// Tags that begin a new line wherever they stand.
const BLOCKS: [&str; 24] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "pre",
    "section",
    "table",
];
/// `blockquote`.
const LONGEST_NAME: usize = 10;
/// Deeper lists are flattened.
const MAX_DEPTH: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    P,
    Li,
    Ol,
    Ul,
}

impl Kept {
    fn named(name: &str) -> Option<Self> {
        match name {
            "p" => Some(Self::P),
            "li" => Some(Self::Li),
            "ol" => Some(Self::Ol),
            "ul" => Some(Self::Ul),
            _ => None,
        }
    }

    fn open(self) -> &'static str {
        match self {
            Self::P => "<p>",
            Self::Li => "<li>",
            Self::Ol => "<ol>",
            Self::Ul => "<ul>",
        }
    }

    fn close(self) -> &'static str {
        match self {
            Self::P => "</p>",
            Self::Li => "</li>",
            Self::Ol => "</ol>",
            Self::Ul => "</ul>",
        }
    }
}

/// Writes words and tags while they fit; an element is opened only when its first word comes.
struct Writer {
    out: String,
    /// Characters in `out`, all tags counted.
    chars: usize,
    visible: usize,
    limit: usize,
    markup: bool,
    word: String,
    word_chars: usize,
    /// Open elements, and whether their start tag is already in `out`.
    open: Vec<(Kept, bool)>,
    space: bool,
    breaks: usize,
    at_boundary: bool,
    full: bool,
}

impl Writer {
    fn new(limit: usize, markup: bool) -> Self {
        Self {
            out: String::new(),
            chars: 0,
            visible: 0,
            limit,
            markup,
            word: String::new(),
            word_chars: 0,
            open: Vec::new(),
            space: false,
            breaks: 0,
            at_boundary: true,
            full: false,
        }
    }

    fn run(mut self, raw: &str) -> Clean {
        let decoded: Cow<'_, str> = entities::decode(raw);
        let mut tags = Tags::new(&decoded);
        let has_tags = decoded.match_indices('<').any(|(at, _)| tags.at(at).is_some());
        let lines_count = self.markup && !has_tags;
        let mut tags = Tags::new(&decoded);
        let mut at = 0;
        while let Some(rest) = decoded.get(at..).filter(|rest| !rest.is_empty() && !self.full) {
            // Most of a text is runs of plain letters: no need to look at each.
            let run = rest.bytes().take_while(|b| b.is_ascii_graphic() && *b != b'<').count();
            if run > 0 {
                self.push_run(rest.get(..run).unwrap_or_default());
                at += run;
                continue;
            }
            let Some(c) = rest.chars().next() else { break };
            if c == '<'
                && has_tags
                && let Some(tag) = tags.at(at)
            {
                self.tag(&tag);
                at += tag.bytes;
                continue;
            }
            at += c.len_utf8();
            match c {
                '\n' if lines_count => self.line_break(2),
                _ => match class_of(c) {
                    Class::Text => self.push(c),
                    Class::Gap => self.gap(),
                    Class::Nothing => {}
                },
            }
        }
        self.end_word();
        while let Some((tag, written)) = self.open.pop() {
            if written {
                self.out.push_str(tag.close());
            }
        }
        Clean { text: self.out, visible: self.visible, truncated: self.full }
    }

    fn push_run(&mut self, ascii: &str) {
        // A `<` that is text must not turn into a tag by what comes after it.
        if self.word.ends_with('<') && ascii.starts_with(starts_tag) {
            self.gap();
        }
        self.word.push_str(ascii);
        self.word_chars += ascii.len();
        if self.word_chars > self.limit {
            self.end_word();
        }
    }

    fn push(&mut self, c: char) {
        self.word.push(c);
        self.word_chars += 1;
        if self.word_chars > self.limit {
            self.end_word();
        }
    }

    fn gap(&mut self) {
        self.end_word();
        self.space = true;
    }

    fn line_break(&mut self, most: usize) {
        self.end_word();
        self.breaks = (self.breaks + 1).min(most);
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        let mut lowered = [0; LONGEST_NAME];
        let name = lowercase(tag.name, &mut lowered);
        if !self.markup {
            if Kept::named(name).is_some() || is_block(name) || matches!(name, "br" | "td" | "th" | "tr") {
                self.gap();
            }
            return;
        }
        match (name, Kept::named(name)) {
            ("br", _) => self.line_break(2),
            ("td" | "th", _) => self.gap(),
            (_, Some(kept)) if tag.closing => self.close(kept),
            (_, Some(kept)) => self.open(kept),
            ("tr", _) => self.line_break(1),
            (other, None) if is_block(other) => {
                self.end_word();
                self.breaks = self.breaks.max(1);
            }
            _ => {}
        }
    }

    fn open(&mut self, kept: Kept) {
        self.end_word();
        // As in HTML: a paragraph ends where a paragraph or list begins, an item where the next item begins.
        let top = self.open.last().map(|(tag, _)| *tag);
        match (kept, top) {
            (_, Some(Kept::P)) => {
                self.close(Kept::P);
                if kept == Kept::Li && self.open.last().is_some_and(|(tag, _)| *tag == Kept::Li) {
                    self.close(Kept::Li);
                }
            }
            (Kept::Li, Some(Kept::Li)) => self.close(Kept::Li),
            _ => {}
        }
        if self.open.len() < MAX_DEPTH {
            self.open.push((kept, false));
        }
    }

    fn close(&mut self, kept: Kept) {
        self.end_word();
        let Some(at) = self.open.iter().rposition(|(tag, _)| *tag == kept) else {
            self.breaks = self.breaks.max(1);
            return;
        };
        while self.open.len() > at {
            let Some((tag, written)) = self.open.pop() else { break };
            if written {
                self.out.push_str(tag.close());
                self.chars += tag.close().len();
                self.at_boundary = true;
            } else {
                self.breaks = self.breaks.max(1);
            }
        }
    }

    /// Writes the collected word with what must stand before it, if all of that and every end tag still fit.
    fn end_word(&mut self) {
        if self.word.is_empty() || self.full {
            return;
        }
        let opening: usize =
            self.open.iter().filter(|(_, written)| !written).map(|(t, _)| t.open().len()).sum();
        let closing: usize = self.open.iter().map(|(t, _)| t.close().len()).sum();
        let separator = if self.at_boundary || opening > 0 {
            ""
        } else {
            match (self.breaks, self.space) {
                (0, false) => "",
                (0, true) => " ",
                (1, _) => "<br>",
                _ => "<br><br>",
            }
        };
        let room = self.limit.saturating_sub(self.chars + closing + opening + separator.len());
        if self.word_chars > room {
            self.full = true;
            if self.visible > 0 || room == 0 {
                return;
            }
            // A single endless word is cut where it must be.
            self.word = self.word.chars().take(room).collect();
            self.word_chars = room;
        }
        self.out.push_str(separator);
        for (tag, written) in &mut self.open {
            if !*written {
                self.out.push_str(tag.open());
                *written = true;
            }
        }
        self.out.push_str(&self.word);
        self.chars += opening + separator.len() + self.word_chars;
        self.visible += self.word_chars + usize::from(separator == " ");
        self.word.clear();
        self.word_chars = 0;
        self.space = false;
        self.breaks = 0;
        self.at_boundary = false;
    }
}

/// A tag's name in lower case; empty for one that is too long to matter.
fn lowercase<'a>(name: &str, buffer: &'a mut [u8; LONGEST_NAME]) -> &'a str {
    let Some(lowered) = buffer.get_mut(..name.len()) else { return "" };
    lowered.copy_from_slice(name.as_bytes());
    lowered.make_ascii_lowercase();
    str::from_utf8(lowered).unwrap_or_default()
}

fn is_block(name: &str) -> bool {
    BLOCKS.binary_search(&name).is_ok()
}

enum Class {
    Text,
    Gap,
    Nothing,
}

fn class_of(c: char) -> Class {
    match c {
        '!'..='~' => Class::Text,
        c if c.is_whitespace() => Class::Gap,
        c if c.is_control() => Class::Nothing,
        // Soft hyphen, zero-width and direction marks, variation selectors, tags, private use.
        '\u{AD}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{20E3}'
        | '\u{E000}'..='\u{F8FF}'
        | '\u{FFF0}'..='\u{FFFF}'
        | '\u{E0000}'..='\u{10FFFF}' => Class::Nothing,
        // Emoji and pictographs; they often stand between words.
        '\u{231A}'..='\u{231B}'
        | '\u{23E9}'..='\u{23FA}'
        | '\u{2600}'..='\u{27BF}'
        | '\u{2B05}'..='\u{2B55}'
        | '\u{1F000}'..='\u{1FAFF}' => Class::Gap,
        _ => Class::Text,
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
pub(super) mod tests;
