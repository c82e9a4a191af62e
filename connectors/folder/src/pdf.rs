//! Whether bytes are a complete PDF file.

/// How a PDF file begins.
const HEAD: &[u8] = b"%PDF-";

/// How it ends, but for a few bytes that some printers add.
const END: &[u8] = b"%%EOF";
const NEAR_THE_END: usize = 1_024;

/// What bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A PDF file with its end.
    Complete,
    /// The beginning of one.
    StillWritten,
    /// Something else, in words.
    Other(&'static str),
}

/// Judges a file by its first and last bytes.
pub(crate) fn judge(bytes: &[u8]) -> Verdict {
    if bytes.is_empty() {
        return Verdict::Other("empty");
    }
    if !bytes.starts_with(HEAD) {
        return match bytes.trim_ascii_start().first() {
            _ if HEAD.starts_with(bytes) => Verdict::StillWritten,
            Some(b'<') => Verdict::Other("a web page"),
            _ => Verdict::Other("something else"),
        };
    }
    let tail = bytes.get(bytes.len().saturating_sub(NEAR_THE_END)..).unwrap_or_default();
    if tail.windows(END.len()).any(|window| window == END) {
        Verdict::Complete
    } else {
        Verdict::StillWritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F56
    #[test]
    fn only_a_whole_pdf_is_complete() {
        let long = [b"%PDF-1.4\n".as_slice(), &[b'x'; 5_000], b"\n%%EOF\r\n"].concat();
        assert_eq!(judge(&long), Verdict::Complete);
        assert_eq!(judge(long.get(..4_000).unwrap()), Verdict::StillWritten);
        assert_eq!(judge(b"%PD"), Verdict::StillWritten);
        assert_eq!(judge(&[b"%PDF-1.4 %%EOF".as_slice(), &[0; 2_000]].concat()), Verdict::StillWritten);
        assert_eq!(judge(b""), Verdict::Other("empty"));
        assert_eq!(judge(b"\r\n<!doctype html>%PDF-1.4 %%EOF"), Verdict::Other("a web page"));
        assert_eq!(judge(b"PK\x03\x04"), Verdict::Other("something else"));
    }
}
