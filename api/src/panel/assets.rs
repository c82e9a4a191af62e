//! What pages are dressed with. Embedded; each is known by its content, so that browsers keep it for ever.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

use crate::problem::ApiError;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "panel.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/panel.css"),
    },
    Asset {
        name: "panel.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/panel.js"),
    },
    Asset { name: "icons.svg", kind: "image/svg+xml", bytes: include_bytes!("../../assets/icons.svg") },
    Asset { name: "favicon.svg", kind: "image/svg+xml", bytes: include_bytes!("../../assets/favicon.svg") },
];

/// One name for all of them together: their content's hash.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for asset in ASSETS {
        hasher.update(asset.bytes);
    }
    hasher.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
});

/// Where the assets of this version are.
pub(crate) fn base() -> String {
    format!("/assets/{}", *VERSION)
}

/// An asset of this version.
pub(super) async fn serve(Path((version, name)): Path<(String, String)>) -> Result<Response, ApiError> {
    let asset = ASSETS.iter().find(|asset| asset.name == name && version == *VERSION);
    let asset = asset.ok_or(ApiError::NotFound)?;
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)), (header::CACHE_CONTROL, FOREVER)];
    Ok((headers, asset.bytes).into_response())
}
