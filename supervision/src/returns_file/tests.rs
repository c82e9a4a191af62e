use std::io::{Cursor, Write as _};

use super::*;

fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn csv(text: &str, mapped: &[&str]) -> Result<Report, ReportError> {
    let (_folder, path) = written("report.csv", text.as_bytes());
    let mapped: Vec<Mapped> = mapped.iter().map(|text| text.parse().unwrap()).collect();
    Report::read(&path, &mapped)
}

fn row(order: &str, id: Option<&str>, units: [u32; 3]) -> ReportedReturn {
    let [advised, received, scrapped] = units;
    ReportedReturn { order: order.to_owned(), id: id.map(str::to_owned), advised, received, scrapped }
}

#[test]
fn columns_are_recognised_by_their_usual_names() {
    let report =
        csv("\u{feff}Număr comandă;Nr. retur;Cantitate;Primite;Casate\no-1;R1;2;1,0;\n\no-2;;1;;\n", &[])
            .unwrap();
    let rows: Vec<&ReportedReturn> = report.rows.iter().map(|(_, row)| row).collect();
    assert_eq!(rows, [&row("o-1", Some("R1"), [2, 1, 0]), &row("o-2", None, [1, 0, 0])]);
    assert!(report.bad.is_empty());
    assert_eq!(report.columns[0], (Column::Order, "Număr comandă".to_owned()));
}

#[test]
fn columns_are_named_when_they_have_other_names() {
    let text = "Ref,When,Back\no-1,2026-11-01,1\n";
    let report = csv(text, &["order=Ref", "received = back"]).unwrap();
    assert_eq!(report.rows, [(2, row("o-1", None, [0, 1, 0]))]);
    for (mapped, words) in [
        (
            vec![],
            "no column is recognised as the order; name it with --map order=<column>; the file has: Ref, When, Back",
        ),
        (vec!["order=Ref"], "no column is recognised as units"),
        (vec!["order=Nowhere"], "there is no column `Nowhere`"),
    ] {
        let error = csv(text, &mapped).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = csv("order,quantity,qty\n", &[]).unwrap_err().to_string();
    assert!(error.contains("several columns may be `advised`"), "{error}");
    for wrong in ["order", "colour=Ref", "order="] {
        assert!(wrong.parse::<Mapped>().is_err(), "{wrong}");
    }
}

#[test]
fn bad_lines_are_named_and_repetitions_say_nothing() {
    let report = csv(
        "order,id,advised\no-1,R1,1\n,R2,1\no-3,R3,-1\no-4,R4,1.5\no-5,R5,one\no-1,R1,1\no-1,R1,2\n",
        &[],
    )
    .unwrap();
    assert_eq!(report.rows, [(2, row("o-1", Some("R1"), [1, 0, 0]))]);
    let bad: Vec<String> = report.bad.iter().map(ToString::to_string).collect();
    assert_eq!(
        bad,
        [
            "line 3: names no order",
            "line 4: advised: `-1` is no number of units",
            "line 5: advised: `1.5` is no number of units",
            "line 6: advised: `one` is no number of units",
            "line 8: says of the same return something else than line 2",
        ]
    );
}

#[test]
fn files_that_are_no_report_are_refused_in_words() {
    let (_folder, path) = written("report.xls", b"x");
    assert!(Report::read(&path, &[]).unwrap_err().to_string().contains("neither .csv nor .xlsx"));
    let (_folder, path) = written("report.xlsx", b"not a zip");
    assert!(matches!(Report::read(&path, &[]), Err(ReportError::Unreadable { .. })));
    let (_folder, path) = written("report.csv", b"order,advised\n\xff,1\n");
    assert!(matches!(Report::read(&path, &[]), Err(ReportError::Unreadable { .. })));
    assert!(matches!(Report::read(Path::new("nowhere.csv"), &[]), Err(ReportError::Unreadable { .. })));
    let many = format!("order,advised\n{}", "o,1\n".repeat(ROWS_LIMIT + 1));
    assert!(matches!(csv(&many, &[]), Err(ReportError::TooLong { .. })));
}

/// A workbook as spreadsheets write it, reduced to what must be there.
fn workbook(sheet: &str) -> Vec<u8> {
    let parts = [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#.to_owned(),
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned(),
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Returns" sheetId="1" r:id="rId1"/></sheets></workbook>"#.to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#.to_owned(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
            ),
        ),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_is_read_from_its_first_sheet() {
    let text =
        |place: &str, text: &str| format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let number = |place: &str, number: &str| format!(r#"<c r="{place}"><v>{number}</v></c>"#);
    let sheet = [
        format!(
            "<row r=\"1\">{}{}{}</row>",
            text("A1", "Order number"),
            text("B1", "RMA"),
            text("C1", "Received")
        ),
        format!(
            "<row r=\"2\">{}{}{}</row>",
            number("A2", "123456789012"),
            text("B2", " R1 "),
            number("C2", "2")
        ),
        format!("<row r=\"3\">{}{}</row>", text("A3", "o-2"), number("C3", "0.5")),
    ]
    .concat();
    let (_folder, path) = written("report.XLSX", &workbook(&sheet));
    let report = Report::read(&path, &[]).unwrap();
    assert_eq!(report.rows, [(2, row("123456789012", Some("R1"), [0, 2, 0]))]);
    assert_eq!(report.bad[0].to_string(), "line 3: received: `0.5` is no number of units");
}
