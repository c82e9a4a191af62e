//! HTML character references, as far as shops use them.

use std::borrow::Cow;

/// `&longest;` that is looked for, in bytes.
const MAX_REFERENCE: usize = 12;

/// Decodes references until none is left, twice-encoded ones (`&amp;lt;`) included; unknown ones stay.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(';') {
        let Some(before) = piece.strip_suffix(';') else {
            out.push_str(piece);
            break;
        };
        out.push_str(before);
        // Looking back from each `;` also sees references whose `&` was itself decoded a moment ago.
        match reference_at_end(&out) {
            Some((start, decoded)) => {
                out.truncate(start);
                out.extend(decoded);
            }
            None => out.push(';'),
        }
    }
    Cow::Owned(out)
}

/// Where a reference without its `;` begins at the end of a text, and what it stands for (nothing, if not a character).
fn reference_at_end(out: &str) -> Option<(usize, Option<char>)> {
    let back = out.bytes().rev().take(MAX_REFERENCE).position(|byte| byte == b'&')?;
    let start = out.len() - back - 1;
    let name = out.get(start + 1..)?;
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16),
            None => (number, 10),
        };
        if digits.is_empty() || !digits.chars().all(|d| d.is_digit(radix)) {
            return None;
        }
        return Some((start, u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)));
    }
    named(name).map(|c| (start, Some(c)))
}

fn named(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "shy" => '\u{AD}',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "sbquo" => '‚',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "euro" => '€',
        "pound" => '£',
        "cent" => '¢',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "plusmn" => '±',
        "times" => '×',
        "divide" => '÷',
        "micro" => 'µ',
        "sup1" => '¹',
        "sup2" => '²',
        "sup3" => '³',
        "frac12" => '½',
        "frac14" => '¼',
        "frac34" => '¾',
        "ordm" => 'º',
        "ordf" => 'ª',
        "sect" => '§',
        "para" => '¶',
        "le" => '≤',
        "ge" => '≥',
        "Oslash" => 'Ø',
        "oslash" => 'ø',
        "AElig" => 'Æ',
        "aelig" => 'æ',
        "OElig" => 'Œ',
        "oelig" => 'œ',
        "szlig" => 'ß',
        "abreve" => 'ă',
        "Abreve" => 'Ă',
        _ => return accented(name),
    })
}

/// Latin-1 letters with a mark: a letter and the mark's name (`Aring`, `eacute`).
fn accented(name: &str) -> Option<char> {
    let mut chars = name.chars();
    let letter = chars.next()?;
    let (letters, marked) = match chars.as_str() {
        "grave" => ("AEIOUaeiou", "ÀÈÌÒÙàèìòù"),
        "acute" => ("AEIOUYaeiouy", "ÁÉÍÓÚÝáéíóúý"),
        "circ" => ("AEIOUaeiou", "ÂÊÎÔÛâêîôû"),
        "tilde" => ("ANOano", "ÃÑÕãñõ"),
        "uml" => ("AEIOUaeiouy", "ÄËÏÖÜäëïöüÿ"),
        "ring" => ("Aa", "Åå"),
        "cedil" => ("CScs", "ÇŞçş"),
        "caron" => ("SZsz", "ŠŽšž"),
        _ => return None,
    };
    letters.chars().zip(marked.chars()).find(|(plain, _)| *plain == letter).map(|(_, marked)| marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_names_numbers_and_layers() {
        assert_eq!(decode("K&ouml;k &amp; b&#229;d &#xE6;"), "Kök & båd æ");
        assert_eq!(decode("&amp;amp;lt;b&amp;gt;"), "<b>");
        assert_eq!(decode("A&B; &unknown; &#; &#xZZ; & ;"), "A&B; &unknown; &#; &#xZZ; & ;");
        assert_eq!(
            decode("x&#55296;y&#1114112;z"),
            "xyz",
            "surrogates and numbers beyond Unicode are no characters"
        );
        assert!(matches!(decode("no reference"), Cow::Borrowed(_)));
    }
}
