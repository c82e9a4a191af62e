//! Text on its way into WinMentor: code page 1250, and a format that escapes nothing (spec 3.13).

use encoding_rs::WINDOWS_1250;

/// Whether code page 1250 holds every character, so that the text survives in WinMentor as it is.
pub fn fits_cp1250(text: &str) -> bool {
    let (_, _, lossy) = WINDOWS_1250.encode(text);
    !lossy
}

/// Free text made safe to send: transliterated, without separators, line breaks and control characters,
/// single-spaced, without a beginning that reads as INI syntax, and at most `max_chars` characters long.
///
/// Only for text that people read. Codes identify something: they are sent as they are or not at all.
pub fn outgoing(text: &str, max_chars: usize) -> String {
    let one_line: String = transliterate(text)
        .chars()
        .map(|c| match c {
            ';' => ',',
            '~' => '-',
            c if c.is_control() || c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let single_spaced = one_line.split_whitespace().collect::<Vec<_>>().join(" ");
    let harmless = single_spaced.trim_start_matches(['=', '[', ']', ' ']);
    let limited: String = harmless.chars().take(max_chars).collect();
    limited.trim_end().to_owned()
}

/// Replaces every character that code page 1250 lacks by its nearest equivalent there.
///
/// Letters of scripts without an equivalent become `_`, so that a reader sees that something stood there;
/// emoji and other signs disappear. WinMentor itself would put a `?` (F47).
pub fn transliterate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut buffer = [0_u8; 4];
    for character in text.chars() {
        if character.is_ascii()
            || (!is_invisible(character) && fits_cp1250(character.encode_utf8(&mut buffer)))
        {
            out.push(character);
        } else if let Some(equivalent) = equivalent(character) {
            out.push_str(equivalent);
        } else if character.is_alphanumeric() {
            out.push('_');
        } else if character.is_whitespace() {
            out.push(' ');
        }
    }
    out
}

/// Characters that the code page holds although they only steer a display.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{9f}' | '\u{ad}')
}

/// The nearest text within code page 1250 of a character outside of it.
fn equivalent(character: char) -> Option<&'static str> {
    EQUIVALENTS
        .iter()
        .find(|(characters, _)| characters.contains(character))
        .map(|(_, equivalent)| *equivalent)
}

/// Characters, and what all of them become.
const EQUIVALENTS: &[(&str, &str)] = &[
    // Romanian with the comma below: the code page has the older cedilla forms.
    ("ș", "ş"),
    ("Ș", "Ş"),
    ("ț", "ţ"),
    ("Ț", "Ţ"),
    // Nordic ligatures and letters. Å and Ø lose their mark further below: one letter for one letter.
    ("æǽ", "ae"),
    ("ÆǼ", "Ae"),
    ("œ", "oe"),
    ("Œ", "Oe"),
    ("ð", "d"),
    ("Ð", "D"),
    ("þ", "th"),
    ("Þ", "Th"),
    // Marks that the code page does not have on this letter.
    ("åǻàãāǎạảấầẩẫậắằẳẵặª", "a"),
    ("ÅǺ\u{212b}ÀÃĀǍẠẢẤẦẨẪẬẮẰẲẴẶ", "A"),
    ("ĉċ", "c"),
    ("ĈĊ", "C"),
    ("èêēĕėẽẹẻếềểễệ", "e"),
    ("ÈÊĒĔĖẼẸẺẾỀỂỄỆ", "E"),
    ("ĝğġģǥǧ", "g"),
    ("ĜĞĠĢǤǦ", "G"),
    ("ĥħ", "h"),
    ("ĤĦ", "H"),
    ("ìïĩīĭįıịỉ", "i"),
    ("ÌÏĨĪĬĮİỊỈ", "I"),
    ("ĳ", "ij"),
    ("Ĳ", "IJ"),
    ("ĵ", "j"),
    ("Ĵ", "J"),
    ("ķĸǩ", "k"),
    ("ĶǨ", "K"),
    ("ļŀ", "l"),
    ("ĻĿ", "L"),
    ("ñņŉŋ", "n"),
    ("ÑŅŊ", "N"),
    ("øǿòõōŏọỏốồổỗộơớờởỡợº", "o"),
    ("ØǾÒÕŌŎỌỎỐỒỔỖỘƠỚỜỞỠỢ", "O"),
    ("ŗ", "r"),
    ("Ŗ", "R"),
    ("ŝſ", "s"),
    ("Ŝ", "S"),
    ("ẞ", "SS"),
    ("ŧ", "t"),
    ("Ŧ", "T"),
    ("ùûũūŭųụủưứừửữự", "u"),
    ("ÙÛŨŪŬŲỤỦƯỨỪỬỮỰ", "U"),
    ("ŵ", "w"),
    ("Ŵ", "W"),
    ("ÿŷỳỵỷỹ", "y"),
    ("ŸŶỲỴỶỸ", "Y"),
    ("ƶǯʒ", "z"),
    ("ƵǮƷ", "Z"),
    // Punctuation, signs and measures.
    ("‐‑‒―−", "-"),
    ("′ʼʹ", "'"),
    ("″", "\""),
    ("¡", "!"),
    ("¢", "c"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("¹", "1"),
    ("²", "2"),
    ("³", "3"),
    ("¼", "1/4"),
    ("½", "1/2"),
    ("¾", "3/4"),
    ("μ", "u"),
    ("Ω\u{2126}", "Ohm"),
    ("⌀", "D"),
    ("≤", "<="),
    ("≥", ">="),
    ("№", "nr."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// F47: Nordic and comma-below letters must not become question marks.
    #[test]
    fn keeps_names_readable() {
        assert_eq!(transliterate("Stårgatan, Ærø, Ștefan și Åsa Þór"), "Stargatan, Aero, Ştefan şi Asa Thór");
        assert_eq!(transliterate("Ţară ăâîşţ äöüé"), "Ţară ăâîşţ äöüé");
        assert_eq!(transliterate("a\u{30a}b 😀 東"), "ab  _");
    }

    #[test]
    fn removes_what_the_format_cannot_carry() {
        assert_eq!(outgoing("Str. A; bl. 2~3\r\nap.\t4\0", 100), "Str. A, bl. 2-3 ap. 4");
        assert_eq!(outgoing("=[Comanda_2]", 100), "Comanda_2]");
        assert_eq!(outgoing("one two three", 8), "one two");
        assert_eq!(outgoing("\u{37e}\u{ff1b}\u{ad}", 10), "");
    }

    #[test]
    fn knows_the_code_page() {
        assert!(fits_cp1250("ăâîşţ ÄÖÉ €"));
        assert!(!fits_cp1250("å"));
        assert!(!fits_cp1250("ș"));
    }

    proptest! {
        #[test]
        fn output_always_survives(text in any::<String>(), nordic in "[À-ɏḀ-ỿ;~\r\n\0=\\[]{0,60}") {
            for source in [text, nordic] {
                prop_assert!(fits_cp1250(&transliterate(&source)));
                let sent = outgoing(&source, 40);
                prop_assert!(fits_cp1250(&sent));
                prop_assert!(sent.chars().count() <= 40);
                prop_assert!(!sent.contains([';', '~', '\r', '\n', '\0']));
                prop_assert!(!sent.starts_with(['=', '[', ' ']));
                prop_assert!(source.contains('?') || !sent.contains('?'));
                prop_assert_eq!(outgoing(&sent, 40), sent);
            }
        }

        #[test]
        fn latin_letters_never_degrade_to_a_placeholder(letter in "[À-ÖØ-öø-ÿĀ-ž]") {
            prop_assert!(!transliterate(&letter).contains('_'));
        }
    }
}
