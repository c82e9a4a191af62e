//! Addresses of images: absolute, encoded, or refused.

/// An absolute http(s) URL; spaces and letters beyond ASCII in path and query are encoded.
pub(super) fn absolute(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| raw.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let rest = raw.get(scheme.len()..)?;
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = (rest.get(..host_end)?, rest.get(host_end..)?);
    let host_valid = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:_".contains(&b));
    if !host_valid || path.chars().any(char::is_control) {
        return None;
    }
    let mut url = format!("{scheme}{host}");
    for c in path.chars() {
        if c.is_ascii() && !" \"<>\\^`{|}".contains(c) {
            url.push(c);
        } else {
            push_encoded(&mut url, c);
        }
    }
    Some(url)
}

/// A text as one segment of a path.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-._~".contains(c) {
            out.push(c);
        } else {
            push_encoded(&mut out, c);
        }
    }
    out
}

fn push_encoded(out: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        out.push('%');
        for nibble in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(nibble.into(), 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_absolute_and_encoded() {
        let ok = |raw: &str| absolute(raw).unwrap();
        assert_eq!(
            ok("HTTPS://img.example.ro/a b/oală.jpg?w=1&x={y}"),
            "https://img.example.ro/a%20b/oal%C4%83.jpg?w=1&x=%7By%7D"
        );
        assert_eq!(ok("http://img.example.ro:8080"), "http://img.example.ro:8080");
        for bad in [
            "",
            "img.jpg",
            "//img.example.ro/a.jpg",
            "ftp://x/a",
            "https://",
            "https:///a",
            "https://a b/",
            "https://u@h/",
        ] {
            assert_eq!(absolute(bad), None, "{bad}");
        }
        assert_eq!(percent_encoded("35mmp  ; H/Å"), "35mmp%20%20%3B%20H%2F%C3%85");
    }
}
