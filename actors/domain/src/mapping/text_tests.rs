use proptest::prelude::*;

use super::*;

fn to_html(raw: &str) -> String {
    html(raw, 4096).text
}

/// Whether a text holds only the five tags, without attributes, closed in order.
pub(in crate::mapping) fn well_formed(text: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            continue;
        }
        let Some(end) = rest.find('>') else { return false };
        match &rest[..end] {
            "br" => {}
            tag @ ("p" | "li" | "ol" | "ul") => open.push(tag),
            tag => {
                if tag.strip_prefix('/') != open.pop() {
                    return false;
                }
            }
        }
        rest = &rest[end + 1..];
    }
    open.is_empty()
}

#[test]
fn keeps_five_tags_without_attributes_and_drops_the_rest() {
    assert_eq!(
        to_html(r#"<P class="x>y">Cast <b>iron</b><BR/>pot</P><ul><li>red<li>4 l</ul><a href='#'>more</a>"#),
        "<p>Cast iron<br>pot</p><ul><li>red</li><li>4 l</li></ul>more"
    );
    assert_eq!(
        to_html("<div>one</div><div>two</div><table><tr><td>a</td><td>b</td></tr></table>"),
        "one<br>two<br>a b"
    );
    assert_eq!(to_html("bo<b>ld</b>er"), "bolder");
    assert_eq!(
        to_html("a<script>if (x < 1) alert('</b>')</SCRIPT>b<style>p{}</style>c<!-- <p> -->d"),
        "abcd"
    );
    assert_eq!(to_html("<p></p><ul><li></li></ul>text<p> </p>"), "text");
    assert_eq!(to_html("</p>text</li>"), "text");
    assert_eq!(to_html("<p>open <ol><li>list"), "<p>open</p><ol><li>list</li></ol>");
}

#[test]
fn decodes_entities_and_drops_emoji_and_controls() {
    assert_eq!(to_html("K&ouml;k&nbsp;&amp; b&aring;d"), "Kök & båd");
    assert_eq!(to_html("&lt;p&gt;twice&lt;/p&gt;"), "<p>twice</p>");
    assert_eq!(plain("Oală🔥nouă ☎️\u{7}\u{200B}™ 4\u{AD}l", 150).text, "Oală nouă ™ 4l");
}

#[test]
fn lines_of_plain_text_become_breaks() {
    assert_eq!(to_html("one\r\ntwo\n\n\n\nthree\n"), "one<br>two<br><br>three");
    assert_eq!(to_html("<p>one\ntwo</p>"), "<p>one two</p>");
    assert_eq!(plain("one\ntwo<br>three", 150).text, "one two three");
}

#[test]
fn a_less_than_sign_stays_text() {
    assert_eq!(to_html("5 < 6 and <3 mm"), "5 < 6 and <3 mm");
    assert_eq!(to_html("a<b without end"), "a< b without end");
    assert_eq!(to_html("<<b>script>alert"), "< script>alert");
    assert_eq!(plain("&lt;script&gt;x", 150).text, "");
    let image = format!("a<img src='data:{}'>b", "x>".repeat(5_000));
    assert!(to_html(&image).starts_with("ax>"), "quotes are followed only so far");
    assert_eq!(to_html(&image.replace("x>", "xy")), "ab", "a long tag is a tag");
}

#[test]
fn cuts_at_a_word_and_closes_what_is_open() {
    let cut = html("<ul><li>alpha beta gamma</li><li>delta</li></ul>", 33);
    assert_eq!(cut, Clean { text: "<ul><li>alpha beta</li></ul>".into(), visible: 10, truncated: true });
    assert_eq!(plain("alpha beta", 10), Clean { text: "alpha beta".into(), visible: 10, truncated: false });
    assert_eq!(plain("alpha beta", 9).text, "alpha");
    assert_eq!(plain("åäöåäö", 4), Clean { text: "åäöå".into(), visible: 4, truncated: true });
    assert_eq!(plain("x", 0).text, "");
}

proptest! {
    #[test]
    fn any_input_gives_clean_output(raw in input(), limit in 0usize..120) {
        for clean in [html(&raw, limit), plain(&raw, limit)] {
            prop_assert!(clean.text.chars().count() <= limit, "{}", clean.text);
            prop_assert!(clean.visible <= clean.text.chars().count());
            prop_assert!(well_formed(&clean.text), "{}", clean.text);
            prop_assert!(clean.text.chars().all(|c| !c.is_control()));
            prop_assert_eq!(clean.text.trim(), &clean.text);
        }
        let title = plain(&raw, limit).text;
        prop_assert!(!["<br>", "<p>", "<li>", "</"].iter().any(|tag| title.contains(tag)), "{}", title);
    }

    #[test]
    fn words_are_never_lost_below_the_limit(words in proptest::collection::vec("[a-zåäö]{1,9}", 1..20)) {
        let text = words.join(" ");
        prop_assert_eq!(&html(&text, 4096).text, &text);
        prop_assert_eq!(&plain(&text, 4096).text, &text);
    }
}

/// Text, broken markup and references in any order.
fn input() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        any::<char>().prop_map(String::from),
        proptest::sample::select(vec![
            "<",
            ">",
            "</",
            "&",
            ";",
            "&lt;",
            "&gt;",
            "&amp;",
            "&#60;",
            "<p>",
            "</p>",
            "<li>",
            "</li>",
            "<ul>",
            "</ul>",
            "<ol>",
            "<br>",
            "<b>",
            "</b>",
            "<div>",
            "<td>",
            "script>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "\"",
            "'",
            " ",
            "\n",
            "word",
            "p",
            "br",
            "!",
            "?",
            "/",
            "🔥",
        ])
        .prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}
