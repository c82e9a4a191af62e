//! Texts as DHL can print them: one line, Latin letters, known lengths.

/// Combining marks, the letters that they change, and the letters that come out.
const MARKS: &[(char, &str, &str)] = &[
    ('\u{300}', "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
    ('\u{301}', "aeiouycnszAEIOUYCNSZ", "áéíóúýćńśźÁÉÍÓÚÝĆŃŚŹ"),
    ('\u{302}', "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
    ('\u{303}', "anoANO", "ãñõÃÑÕ"),
    ('\u{306}', "agAG", "ăğĂĞ"),
    ('\u{308}', "aeiouyAEIOUY", "äëïöüÿÄËÏÖÜŸ"),
    ('\u{30a}', "auAU", "åůÅŮ"),
    ('\u{30b}', "ouOU", "őűŐŰ"),
    ('\u{30c}', "csznrdteCSZNRDTE", "čšžňřďťěČŠŽŇŘĎŤĚ"),
    ('\u{326}', "stST", "șțȘȚ"),
    ('\u{327}', "cstCST", "çşţÇŞŢ"),
    ('\u{328}', "aeAE", "ąęĄĘ"),
];

const CYRILLIC_AND_GREEK: &str = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґјљњћђџ\
                                  αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋ";
const IN_LATIN: &[&str] = &[
    "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f",
    "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "e", "i", "yi", "ye", "g", "j", "lj", "nj",
    "c", "dj", "dz", "a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r",
    "s", "s", "t", "y", "f", "ch", "ps", "o", "a", "e", "i", "i", "o", "y", "o", "i", "y",
];

/// One line of text as a label can carry it: control and invisible characters gone, blanks single, decomposed letters
/// composed. Latin letters keep their diacritics, which DHL accepts (dhl.md 4.1); Cyrillic and Greek are transliterated.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}' => {}
            '\u{300}'..='\u{36f}' => combine(&mut out, c),
            '\u{2018}'..='\u{201b}' => out.push('\''),
            '\u{201c}'..='\u{201f}' => out.push('"'),
            '\u{2010}'..='\u{2015}' => out.push('-'),
            '\u{2026}' => out.push_str("..."),
            '№' => out.push_str("No"),
            // Full-width forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => out.extend(u32::from(c).checked_sub(0xfee0).and_then(char::from_u32)),
            _ if is_latin(c) => out.push(c),
            _ => match transliterated(c) {
                Some(latin) => out.push_str(&latin),
                // Letters of other scripts stay, to be objected to; symbols and control characters part words.
                None if c.is_alphabetic() => out.push(c),
                None => out.push(' '),
            },
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_latin(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Whether a cleaned text holds letters that DHL's label does not print.
pub(crate) fn has_foreign_letters(text: &str) -> bool {
    text.chars().any(|c| c.is_alphabetic() && !is_latin(c))
}

fn combine(out: &mut String, mark: char) {
    let Some(base) = out.chars().next_back() else { return };
    let composed = MARKS.iter().find(|(known, ..)| *known == mark).and_then(|(_, bases, composed)| {
        bases.chars().position(|b| b == base).and_then(|at| composed.chars().nth(at))
    });
    if let Some(composed) = composed {
        out.pop();
        out.push(composed);
    }
}

fn transliterated(c: char) -> Option<String> {
    let lower = c.to_lowercase().next()?;
    let at = CYRILLIC_AND_GREEK.chars().position(|known| known == lower)?;
    let latin = *IN_LATIN.get(at)?;
    if lower == c {
        return Some(latin.to_owned());
    }
    let mut letters = latin.chars();
    Some(letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect())
}

/// A letter without case and mark, to compare spellings: `Å`, `å` and `A` are one.
pub(crate) fn folded(c: char) -> char {
    let base = MARKS
        .iter()
        .find_map(|(_, bases, composed)| {
            composed.chars().position(|known| known == c).and_then(|at| bases.chars().nth(at))
        })
        .unwrap_or(c);
    match base.to_lowercase().next().unwrap_or(base) {
        'ø' => 'o',
        'æ' => 'a',
        'ß' => 's',
        'đ' | 'ð' => 'd',
        'ł' => 'l',
        lower => lower,
    }
}

/// How many characters a text has, as DHL counts lengths (dhl.md 4.1).
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

/// Splits a cleaned text at blanks into at most `lines` lines of `width` characters. None when it does not fit, or is
/// empty.
pub(crate) fn wrap(text: &str, width: usize, lines: usize) -> Option<Vec<String>> {
    let mut wrapped: Vec<String> = Vec::with_capacity(lines);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match wrapped.last_mut() {
            Some(line) if length(line) + 1 + length(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ if length(word) <= width => wrapped.push(word.to_owned()),
            _ => return None,
        }
    }
    (1..=lines).contains(&wrapped.len()).then_some(wrapped)
}

/// The beginning of a cleaned text, cut between words where that leaves something.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most + 1).collect();
    match head.rfind(' ').and_then(|at| head.get(..at)) {
        Some(words) if !words.is_empty() => words.to_owned(),
        _ => text.chars().take(most).collect(),
    }
}

/// A phone number: digits, with a leading `+` when it is international. Of several numbers the first.
pub(crate) fn phone(text: &str) -> String {
    let first = text
        .split(['/', ',', ';', '|'])
        .find(|part| part.chars().any(|c| c.is_ascii_digit()))
        .unwrap_or_default();
    // The zero of `+46 (0)70` is not dialled.
    let first = first.replace("(0)", "");
    let digits: String = clean(&first).chars().filter(char::is_ascii_digit).collect();
    let plus = first.trim_start_matches(|c: char| c != '+' && !c.is_ascii_digit()).starts_with('+');
    match digits.strip_prefix("00") {
        _ if plus => format!("+{digits}"),
        Some(rest) => format!("+{rest}"),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_diacritics_and_takes_out_what_cannot_be_printed() {
        assert_eq!(clean("  Åsa\tÖberg\r\n\u{0}Ștefan  "), "Åsa Öberg Ștefan");
        assert_eq!(clean("A\u{30a}sa O\u{308}berg, S\u{326}tefan"), "Åsa Öberg, Ștefan");
        assert_eq!(clean("O\u{2019}Brien \u{2013} \u{201c}Kiosk\u{201d}\u{200b}"), "O'Brien - \"Kiosk\"");
        assert_eq!(clean("Ｓｔｏｒｇａｔａｎ １"), "Storgatan 1");
        assert_eq!(clean("Storgatan 1 🏠 (gul)"), "Storgatan 1 (gul)");
        assert_eq!(clean("\u{7}\u{1b}"), "");
    }

    #[test]
    fn transliterates_only_where_needed() {
        assert_eq!(clean("Юлия Щукина"), "Yuliya Shchukina");
        assert_eq!(clean("Ελένη Ψαρρά"), "Eleni Psarra");
        assert!(!has_foreign_letters(&clean("Юлия Œuvre Łódź")));
        assert!(has_foreign_letters(&clean("山田")));
        assert_eq!(CYRILLIC_AND_GREEK.chars().count(), IN_LATIN.len());
        for (mark, bases, composed) in MARKS {
            assert_eq!(bases.chars().count(), composed.chars().count(), "{mark:?}");
        }
    }

    #[test]
    fn wraps_at_words_and_never_over_the_width() {
        let street = "c/o Andersson, Kungsholmsstrandspromenaden 117, uppgång B, portkod anges per telefon";
        let lines = wrap(street, 45, 3).unwrap();
        assert_eq!(lines.join(" "), street);
        assert!(lines.iter().all(|line| length(line) <= 45));
        let exact = "å".repeat(45);
        assert_eq!(wrap(&exact, 45, 3), Some(vec![exact.clone()]));
        assert_eq!(wrap(&format!("{exact}å"), 45, 3), None);
        assert_eq!(wrap(&[exact.as_str(); 4].join(" "), 45, 3), None);
        assert_eq!(wrap("", 45, 3), None);
    }

    #[test]
    fn shortens_between_words() {
        assert_eq!(shortened("Enamelled pot with lid", 16), "Enamelled pot");
        assert_eq!(shortened("Enamelled pot", 13), "Enamelled pot");
        assert_eq!(shortened(&"x".repeat(80), 70).len(), 70);
    }

    #[test]
    fn cleans_phones() {
        for (given, cleaned) in [
            ("+46 (0)70-123 45 67", "+46701234567"),
            ("0046 70 123 45 67", "+46701234567"),
            ("070-123 45 67", "0701234567"),
            ("tel. +47 900 00 000 / 22 33 44 55", "+4790000000"),
            ("okänt", ""),
        ] {
            assert_eq!(phone(given), cleaned, "{given}");
        }
    }
}
