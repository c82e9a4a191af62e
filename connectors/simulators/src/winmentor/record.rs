//! One record of a reader: its fields, and the three shapes in which a bridge shows it.
//!
//! `DocImpServer` hands out `;` strings (specification 3.2); a bridge shows them as named fields, as columns, or untouched.

/// The fields of one record, kept in one buffer so that a page of thousands is cheap.
#[derive(Default)]
pub(super) struct Record {
    text: String,
    ends: Vec<usize>,
}

impl Record {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, field: &str) {
        self.text.push_str(field);
        self.ends.push(self.text.len());
    }

    pub(super) fn push_all<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) {
        for field in fields {
            self.push(field);
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        let mut from = 0;
        self.ends.iter().map(move |&end| {
            let field = &self.text[from..end];
            from = end;
            field
        })
    }

    /// The record as `DocImpServer` sends it. Nothing is escaped.
    pub(super) fn raw(&self, terminated: bool) -> String {
        let mut raw = String::with_capacity(self.text.len() + self.ends.len());
        for (index, field) in self.fields().enumerate() {
            if index > 0 {
                raw.push(';');
            }
            raw.push_str(field);
        }
        if terminated {
            raw.push(';');
        }
        raw
    }
}

/// The names that a bridge gives to the positions of a record. An empty name means "unknown": such a field
/// travels as `campN`, and only when it holds something. A name that ends in `[]` is an array of the `~` values.
pub(super) struct Layout {
    pub(super) names: &'static [&'static str],
    /// Whether the raw record ends with an extra `;` (specification 3.2).
    pub(super) terminated: bool,
}

/// How a list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Objects with the bridge's field names.
    Named,
    /// Arrays of strings: the untyped readers of the WinMentor Bridge.
    Columns,
    /// `;` strings, exactly as the COM server returned them.
    Raw,
}

/// Appends one record to a JSON body. `resplit` shows what a bridge does that splits on every `;`.
pub(super) fn write_record(out: &mut Vec<u8>, record: &Record, layout: &Layout, shape: Shape, resplit: bool) {
    match shape {
        Shape::Raw => write_text(out, &record.raw(layout.terminated)),
        Shape::Named | Shape::Columns if resplit => {
            let raw = record.raw(false);
            write_fields(out, raw.split(';'), layout, shape);
        }
        Shape::Named | Shape::Columns => write_fields(out, record.fields(), layout, shape),
    }
}

fn write_fields<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = &'a str>, layout: &Layout, shape: Shape) {
    if shape == Shape::Columns {
        let terminator = layout.terminated.then_some("");
        write_array(out, fields.chain(terminator));
        return;
    }
    out.push(b'{');
    let mut first = true;
    for (index, field) in fields.enumerate() {
        let name = layout.names.get(index).copied().unwrap_or("");
        if name.is_empty() && field.is_empty() {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        if let Some(name) = name.strip_suffix("[]") {
            write_text(out, name);
            out.push(b':');
            write_array(out, field.split('~'));
            continue;
        }
        if name.is_empty() {
            write_text(out, &format!("camp{index}"));
        } else {
            write_text(out, name);
        }
        out.push(b':');
        write_text(out, field);
    }
    out.push(b'}');
}

fn write_array<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = &'a str>) {
    out.push(b'[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, value);
    }
    out.push(b']');
}

/// Appends a JSON string.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // Almost every text needs no escape, and a nomenclature has millions of them.
    if !text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    // Writing to memory cannot fail.
    let _infallible = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { names: &["cod", "", "nume"], terminated: true };

    fn shown(fields: &[&str], shape: Shape, resplit: bool) -> String {
        let mut record = Record::default();
        record.push_all(fields.iter().copied());
        let mut out = Vec::new();
        write_record(&mut out, &record, &LAYOUT, shape, resplit);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_record_has_three_shapes() {
        assert_eq!(shown(&["A;1", "", "X", "7"], Shape::Raw, false), r#""A;1;;X;7;""#);
        assert_eq!(
            shown(&["A;1", "", "X", "7"], Shape::Named, false),
            r#"{"cod":"A;1","nume":"X","camp3":"7"}"#
        );
        assert_eq!(shown(&["A", "", "X"], Shape::Columns, false), r#"["A","","X",""]"#);
    }

    #[test]
    fn a_naive_bridge_shifts_the_fields_after_a_semicolon() {
        assert_eq!(
            shown(&["A;1", "", "X"], Shape::Named, true),
            r#"{"cod":"A","camp1":"1","nume":"","camp3":"X"}"#
        );
    }
}
