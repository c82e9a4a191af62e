//! Invoices, stornos and the folder of their printed files.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_simulators::winmentor::{PdfFault, WinMentorSim};

use crate::client::{Client, goods, packet, started};

const DAY_MS: i64 = 86_400_000;

fn on_hand(sim: &WinMentorSim, code: &str) -> Decimal {
    sim.article(code).unwrap().stock.values().sum()
}

fn reserved(sim: &WinMentorSim, code: &str) -> Decimal {
    sim.article(code).unwrap().reserved
}

async fn sales(client: &Client) -> Vec<Value> {
    client.get("/api/vanzari/luna").await.items()
}

/// Number and quantity of each sales line.
async fn moved(client: &Client) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    sales(client).await.iter().map(|row| (text(&row["nrFactura"]), text(&row["cant"]))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(number, quantity)| ((*number).to_owned(), (*quantity).to_owned())).collect()
}

#[tokio::test]
async fn a_part_is_invoiced_and_the_rest_stays_open() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    let code = goods(&sim)[0].clone();
    let before = on_hand(&sim, &code);
    client.import(&packet(500_001, "a", &code, "5")).await.data();
    sim.invoice_part(500_001, Decimal::TWO).unwrap();
    assert_eq!((on_hand(&sim, &code), reserved(&sim, &code)), (before - Decimal::TWO, Decimal::from(3)));
    let open = client.get("/api/comenzi/nefacturate").await.items();
    assert_eq!((open.len(), &open[0]["cantitate"]), (1, &json!("3")));
    assert!(sim.invoice_part(500_001, Decimal::from(4)).unwrap_err().to_string().contains("so many"));
    sim.invoice(500_001).unwrap();
    assert_eq!((on_hand(&sim, &code), reserved(&sim, &code)), (before - Decimal::from(5), Decimal::ZERO));
    assert_eq!(client.get("/api/comenzi/nefacturate").await.data(), &Value::Null);
    assert_eq!(moved(&client).await, pairs(&[("1001", "2"), ("1002", "3")]));
    assert_eq!(sim.invoices().len(), 2);
}

#[tokio::test]
async fn a_storno_brings_goods_back_as_negative_lines() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    let code = goods(&sim)[0].clone();
    let before = on_hand(&sim, &code);
    client.import(&packet(500_001, "a", &code, "3")).await.data();
    assert!(sim.storno(500_001, None).unwrap_err().to_string().contains("not invoiced"));
    assert!(sim.storno(7, None).unwrap_err().to_string().contains("no order 7"));
    sim.invoice(500_001).unwrap();
    assert_eq!(sim.storno(500_001, Some(Decimal::ONE)).unwrap(), 1_002);
    assert_eq!((on_hand(&sim, &code), reserved(&sim, &code)), (before - Decimal::TWO, Decimal::ZERO));
    assert!(sim.storno(500_001, Some(Decimal::from(3))).unwrap_err().to_string().contains("so many"));
    assert_eq!(sim.storno(500_001, None).unwrap(), 1_003);
    assert_eq!(on_hand(&sim, &code), before);
    assert!(sim.storno(500_001, None).is_err());
    assert_eq!(moved(&client).await, pairs(&[("1001", "3"), ("1002", "-1"), ("1003", "-2")]));
    // It does not bring the order back.
    assert_eq!(client.get("/api/comenzi/nefacturate").await.data(), &Value::Null);
    assert!(sales(&client).await[1]["valoareFactura"].as_str().unwrap().starts_with('-'));

    let entries = sim.log().of_kind("storno_tx");
    assert_eq!((entries.len(), sim.log().count("invoice_tx")), (2, 1));
    assert_eq!((&entries[0]["storno_of"], &entries[0]["ref"]), (&json!(1_001), &json!("a")));
    assert_eq!(entries[0]["lines"][0], json!({"article": code, "qty": "-1"}));
    let view = sim.invoices().remove(0);
    let back: i64 = view.stornos.iter().map(|storno| storno.total_minor).sum();
    assert_eq!((view.token.as_deref(), view.total_minor + back), (Some("CDON:a"), 0));
}

#[tokio::test]
async fn a_duplicate_takes_the_goods_out_again() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    let code = goods(&sim)[0].clone();
    let before = on_hand(&sim, &code);
    client.import(&packet(500_001, "a", &code, "2")).await.data();
    sim.invoice(500_001).unwrap();
    sim.invoice_again(500_001).unwrap();
    assert_eq!((on_hand(&sim, &code), reserved(&sim, &code)), (before - Decimal::from(4), Decimal::ZERO));
    assert_eq!(moved(&client).await, pairs(&[("1001", "2"), ("1002", "2")]));
}

#[tokio::test]
async fn documents_name_their_order_or_do_not() {
    let (sim, client) = started(|options| {
        options.desktop_orders = false;
        options.invoice_series = "MZ".to_owned();
        options.copy_remark_to_invoice = false;
    })
    .await;
    client.import(&packet(500_001, "a", &goods(&sim)[0], "1")).await.data();
    sim.invoice(500_001).unwrap();
    sim.storno(500_001, None).unwrap();
    let rows = sales(&client).await;
    assert_eq!((&rows[0]["serieDocument"], &rows[0]["prefixCarnet"]), (&json!("F.MZ1001"), &json!("MZ")));
    let marks = |row: &Value| (row["numarComanda"].clone(), row["observatiiFactura"].clone());
    assert_eq!(marks(&rows[0]), (json!("500001"), json!("")));
    assert_eq!(marks(&rows[1]), (json!("500001"), json!("Storno factura MZ1001")));
    sim.update_options(|options| options.order_number_on_stornos = false);
    assert_eq!(sales(&client).await[1]["numarComanda"], "");
    sim.update_options(|options| options.order_number_on_invoices = false);
    assert_eq!(sales(&client).await[0]["numarComanda"], "");
}

#[tokio::test]
async fn an_unposted_invoice_exists_and_is_no_sale_yet() {
    let (sim, client) = started(|options| options.post_invoices = false).await;
    client.import(&packet(500_001, "a", &goods(&sim)[0], "1")).await.data();
    let number = sim.invoice(500_001).unwrap();
    let exists = format!("/api/facturi/exists/{number}");
    assert_eq!(client.get(&exists).await.data()["result"], 2);
    assert!(sales(&client).await.is_empty());
    sim.post_invoice(number).unwrap();
    assert_eq!(client.get(&exists).await.data()["result"], 1);
    assert_eq!(sales(&client).await.len(), 1);
}

#[tokio::test]
async fn the_clerk_invoices_what_has_waited_long_enough() {
    let (sim, client) = started(|options| options.auto_invoice_ms = Some(DAY_MS)).await;
    let code = goods(&sim)[0].clone();
    client.import(&packet(500_001, "a", &code, "1")).await.data();
    assert!(sim.invoices().is_empty());
    sim.clock().advance_ms(DAY_MS);
    client.import(&packet(500_002, "b", &code, "1")).await.data();
    let invoices = sim.invoices();
    assert_eq!(invoices.iter().map(|invoice| invoice.nr_doc).collect::<Vec<_>>(), [500_001]);
    assert_eq!(sales(&client).await.len(), 1);
    // A closed month keeps the clerk from it; orders of old times are not his.
    sim.close_month(2026, 11);
    sim.clock().advance_ms(DAY_MS);
    assert_eq!(sim.invoices().len(), 1);
    sim.open_month(2026, 11);
    assert_eq!(sim.invoices().len(), 2);
    assert_eq!(client.get("/api/comenzi/nefacturate").await.items().len(), 3);
}

/// F48
#[tokio::test]
async fn a_restored_backup_undoes_invoices_and_stornos() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    let code = goods(&sim)[0].clone();
    let before = on_hand(&sim, &code);
    client.import(&packet(500_001, "a", &code, "5")).await.data();
    sim.invoice_part(500_001, Decimal::TWO).unwrap();
    sim.clock().advance_ms(DAY_MS);
    sim.invoice(500_001).unwrap();
    sim.storno(500_001, None).unwrap();
    client.import(&packet(500_002, "b", &code, "4")).await.data();
    sim.invoice_part(500_002, Decimal::ONE).unwrap();
    assert_eq!(sim.restore_backup(1), [500_002]);
    assert_eq!((on_hand(&sim, &code), reserved(&sim, &code)), (before - Decimal::TWO, Decimal::from(3)));
    let invoices = sim.invoices();
    assert_eq!((invoices.len(), invoices[0].stornos.len()), (1, 0));
    sim.restore_backup(48);
    assert_eq!((on_hand(&sim, &code), reserved(&sim, &code)), (before, Decimal::ZERO));
}

#[tokio::test]
async fn invoices_and_stornos_are_printed_into_a_folder() {
    let (sim, client) = started(|options| options.pdf_delay_ms = DAY_MS).await;
    client.import(&packet(500_001, "abc-1", &goods(&sim)[0], "2")).await.data();
    assert_eq!(client.print("FACT1001.pdf").await, Err(404));
    let (number, storno) = (sim.invoice(500_001).unwrap(), sim.storno(500_001, None).unwrap());
    assert_eq!(client.print("FACT1001.pdf").await, Err(404));
    sim.clock().advance_ms(DAY_MS);
    let whole = sim.invoice_pdf_bytes("FACT", number).unwrap();
    for name in ["FACT1001.pdf", "F.FACT1001.pdf"] {
        assert_eq!(client.print(name).await.as_ref(), Ok(&whole), "{name}");
    }
    let text = String::from_utf8(whole.clone()).unwrap();
    let total = sim.invoices()[0].total_minor;
    let total = format!("Total cu TVA {} LEI", Decimal::new(total, 2));
    for part in ["FACTURA FACT 1001", "Data 2026-11-23", "abc-1", total.as_str()] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(text.starts_with("%PDF-") && text.ends_with("%%EOF\n"));
    let back = client.print(&format!("FACT{storno}.pdf")).await.unwrap();
    assert!(back != whole && String::from_utf8(back).unwrap().contains("FACTURA STORNO"));
    assert_eq!(sim.invoice_pdf_bytes("MZ", number), None);
    let entry = sim.log().of_kind("pdf").remove(0);
    assert_eq!((&entry["ref"], &entry["len"]), (&json!("abc-1"), &json!(whole.len())));
    assert_eq!(entry["sha256"].as_str().unwrap().len(), 64);
    // The bridge itself hands out no documents.
    assert_eq!(client.try_get("/pdf/FACT1001.pdf").await.unwrap().status().as_u16(), 404);
}

/// F56
#[tokio::test]
async fn printed_files_can_be_spoilt() {
    let (sim, client) = started(|_| ()).await;
    client.import(&packet(500_001, "a", &goods(&sim)[0], "1")).await.data();
    sim.pdf_fault(None, PdfFault::HalfWritten { looks: 2 }).unwrap();
    let number = sim.invoice(500_001).unwrap();
    let whole = sim.invoice_pdf_bytes("FACT", number).unwrap();
    for _ in 0..2 {
        assert_eq!(client.print("FACT1001.pdf").await.unwrap(), whole[..whole.len() / 2]);
    }
    assert_eq!(client.print("FACT1001.pdf").await.as_ref(), Ok(&whole));
    let spoilt = async |fault| {
        sim.pdf_fault(Some(number), fault).unwrap();
        client.print("FACT1001.pdf").await
    };
    assert!(spoilt(PdfFault::WebPage).await.unwrap().starts_with(b"<!doctype html>"));
    assert_eq!(spoilt(PdfFault::Empty).await, Ok(Vec::new()));
    assert_eq!(spoilt(PdfFault::Missing).await, Err(404));
    assert!(spoilt(PdfFault::TooLarge).await.unwrap().len() > 25_000_000);
    let another = spoilt(PdfFault::AnotherInvoice).await.unwrap();
    assert!(another.starts_with(b"%PDF-") && another != whole);
    assert!(sim.pdf_fault(Some(7), PdfFault::Missing).unwrap_err().to_string().contains("no invoice 7"));
}
