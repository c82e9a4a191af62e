//! The setting `invoice_pdf` of an ERP connection (contract.md).

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use vortex_port::connection::SettingsError;

use crate::name::NamePattern;

const DEFAULT_NAME: &str = "{series}{number}.pdf";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    folder_url: Option<String>,
    #[serde(default)]
    directory: Option<PathBuf>,
    #[serde(default)]
    name: Option<String>,
}

/// Where the folder is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Behind this web address.
    Url(String),
    /// On this machine, or mounted on it.
    Directory(PathBuf),
}

/// The setting as used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) source: Source,
    pub(crate) name: NamePattern,
}

/// An error about `invoice_pdf`, or about one of its fields.
pub(crate) fn wrong(connection: &str, field: &str, why: impl Into<String>) -> SettingsError {
    let field = if field.is_empty() { "invoice_pdf".to_owned() } else { format!("invoice_pdf.{field}") };
    SettingsError { connection: connection.to_owned(), field, why: why.into() }
}

impl Settings {
    pub(crate) fn read(connection: &str, setting: &Value) -> Result<Self, SettingsError> {
        let wrong = |field: &str, why: String| wrong(connection, field, why);
        let written = Written::deserialize(setting).map_err(|error| wrong("", error.to_string()))?;
        let source = match (written.folder_url, written.directory) {
            (Some(url), None) => Source::Url(url),
            (None, Some(directory)) if directory.is_absolute() => Source::Directory(directory),
            (None, Some(_)) => {
                return Err(wrong("directory", "must be the whole path, beginning with /".to_owned()));
            }
            _ => {
                let why = "needs either folder_url (a web address) or directory (a path on this machine)";
                return Err(wrong("", why.to_owned()));
            }
        };
        let name = written.name.as_deref().unwrap_or(DEFAULT_NAME);
        let name = name.parse().map_err(|error: crate::name::BadPattern| wrong("name", error.to_string()))?;
        Ok(Self { source, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_the_contract() {
        let url = json!({"folder_url": "http://10.20.0.5:9501/pdf/", "name": "{series}{number}.pdf"});
        let settings = Settings::read("erp", &url).unwrap();
        assert_eq!(settings.source, Source::Url("http://10.20.0.5:9501/pdf/".to_owned()));
        let directory = Settings::read("erp", &json!({"directory": "/srv/invoices"})).unwrap();
        assert_eq!(directory.name, settings.name);
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        for (setting, field) in [
            (json!({}), "invoice_pdf"),
            (json!("/srv/invoices"), "invoice_pdf"),
            (json!({"directory": "/srv", "folder_url": "http://a.example/"}), "invoice_pdf"),
            (json!({"directory": "/srv", "names": "x"}), "invoice_pdf"),
            (json!({"directory": "invoices"}), "invoice_pdf.directory"),
            (json!({"directory": "/srv", "name": "invoice.pdf"}), "invoice_pdf.name"),
        ] {
            let error = Settings::read("erp", &setting).unwrap_err();
            assert_eq!(
                (error.connection.as_str(), error.field.as_str()),
                ("erp", field),
                "{setting}: {error}"
            );
        }
    }
}
