//! Texts as CDON takes them: five tags at most, no entities, no emoji (cdon.md section 6).

const KEPT_TAGS: [&str; 5] = ["br", "p", "li", "ol", "ul"];
/// Elements whose content is no text.
const SILENT_TAGS: [&str; 2] = ["script", "style"];

/// A description: only `br`, `p`, `li`, `ol`, `ul` stay, without attributes.
pub(crate) fn description(text: &str) -> String {
    clean(text, true)
}

/// A text without any markup, on one line.
pub(crate) fn plain(text: &str) -> String {
    let text = clean(text, false);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clean(text: &str, keep: bool) -> String {
    // Entities first: what they hide must not come out as a tag afterwards.
    let decoded = decode_entities(text);
    let mut out = String::with_capacity(decoded.len());
    let mut rest = decoded.as_str();
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some((tag, after)) = read_tag(from) else {
            // A plain "less than".
            out.push('<');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        rest = after;
        if !tag.closing && SILENT_TAGS.contains(&tag.name.as_str()) {
            rest = skip_past(rest, &tag.name);
        } else if keep && KEPT_TAGS.contains(&tag.name.as_str()) {
            out.push_str(if tag.closing { "</" } else { "<" });
            out.push_str(&tag.name);
            out.push('>');
        } else {
            out.push(' ');
        }
    }
    out.push_str(rest);
    let shown: String = out.chars().filter(|c| !is_emoji(*c) && (!c.is_control() || *c == '\n')).collect();
    shown.trim().to_owned()
}

struct Tag {
    name: String,
    closing: bool,
}

/// The tag or comment at the start of a text, and what follows it.
fn read_tag(text: &str) -> Option<(Tag, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let after = comment.split_once("-->").map_or("", |(_, after)| after);
        return Some((Tag { name: String::new(), closing: false }, after));
    }
    let inner = text.strip_prefix('<')?;
    let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') {
        return None;
    }
    let (tag, after) = inner.split_once('>')?;
    let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
    Some((Tag { name: name.to_ascii_lowercase(), closing }, after))
}

fn skip_past<'a>(text: &'a str, name: &str) -> &'a str {
    let closing = format!("</{name}");
    let Some(at) = text.to_ascii_lowercase().find(&closing) else { return "" };
    text.get(at..).and_then(|rest| rest.split_once('>')).map_or("", |(_, after)| after)
}

fn decode_entities(text: &str) -> String {
    const LONGEST: usize = 10;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = from
            .split_once(';')
            .filter(|(name, _)| name.len() <= LONGEST)
            .and_then(|(name, after)| Some((entity(name)?, after)));
        if let Some((character, after)) = decoded {
            out.push(character);
            rest = after;
        } else {
            out.push('&');
            rest = from;
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "bull" => '•',
        "deg" => '°',
        "times" => '×',
        "euro" => '€',
        "reg" => '®',
        "copy" => '©',
        "trade" => '™',
        _ => return None,
    })
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B50..=0x2B59 | 0xFE00..=0xFE0F | 0x200D | 0x20E3 | 0xE0020..=0xE007F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_five_tags_and_nothing_of_the_rest() {
        let text = "<div class=\"x\"><p style='a'>One &amp; two</p><BR/><ul><li>3&nbsp;l</li></ul><script>alert(1)</script></div>🔥";
        assert_eq!(description(text), "<p>One & two</p><br><ul><li>3 l</li></ul>");
        assert_eq!(plain("<b>Pot</b>\n 4&nbsp;l"), "Pot 4 l");
    }

    #[test]
    fn hidden_markup_does_not_come_out() {
        assert_eq!(description("&lt;script&gt;x&lt;/script&gt;safe"), "safe");
        assert_eq!(description("a<!-- <p> -->b"), "a b");
        assert_eq!(description("<script>never closed"), "");
    }

    #[test]
    fn a_plain_less_than_stays() {
        assert_eq!(description("for 3 < 5 & more, 5 <"), "for 3 < 5 & more, 5 <");
        assert_eq!(description("AT&T &unknown; &"), "AT&T &unknown; &");
        assert_eq!(plain("35 °C ± 2 – “åäö”"), "35 °C ± 2 – “åäö”");
    }
}
