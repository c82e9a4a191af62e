//! `vortex check` of the folder (contract.md).

use async_trait::async_trait;
use vortex_port::{CallError, CheckItem, connection::Checkable};

use crate::{FolderFiles, Place, web::Found};

const WHAT: &str = "invoice folder";

#[async_trait]
impl Checkable for FolderFiles {
    async fn check(&self) -> Vec<CheckItem> {
        let item = match &self.place {
            Place::Directory(directory) => match directory.count().await {
                Ok(count) => good(format!("can be read; {count} entries")),
                Err(trouble) => bad(
                    trouble.to_string(),
                    "check invoice_pdf.directory, that the share is mounted, and that Vortex may read it",
                ),
            },
            Place::Web(folder) => match folder.ask_for_nothing().await {
                Ok(Found::Nothing) => good("answers".to_owned()),
                Ok(Found::Something(_)) => bad(
                    "it answers even for a file that does not exist".to_owned(),
                    "enter the folder that holds the files as invoice_pdf.folder_url; absent files must be answered by 404",
                ),
                Err(error) => {
                    let remedy = match &error {
                        CallError::NotSent { .. } => {
                            "check invoice_pdf.folder_url, and the tunnel to the customer's network"
                        }
                        CallError::Credentials { .. } | CallError::Refused { .. } => {
                            "let this server read the folder without a password; absent files must be answered by 404"
                        }
                        _ => "look at the log of the server behind invoice_pdf.folder_url",
                    };
                    bad(error.to_string(), remedy)
                }
            },
        };
        vec![item]
    }
}

fn good(found: String) -> CheckItem {
    CheckItem { what: WHAT.to_owned(), ok: true, found, remedy: String::new() }
}

fn bad(found: String, remedy: &str) -> CheckItem {
    CheckItem { what: WHAT.to_owned(), ok: false, found, remedy: remedy.to_owned() }
}
