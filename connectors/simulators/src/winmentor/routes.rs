//! Which path is answered by what.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::bridge::{Bridge, gate, observe};
use super::{control, goods, reads, writes};
use crate::faults::FaultPlan;

/// The whole server: the bridge's API behind the fault plan, the control routes beside it.
pub(super) fn router(bridge: &Arc<Bridge>, faults: &FaultPlan, pdf_base_url: &str) -> Router {
    let api = Router::new()
        .route("/api/health", get(reads::health))
        .route("/api/versiuni", get(reads::versions))
        .route("/api/firme", get(reads::companies))
        .route("/api/firme/{name}/luni", get(reads::months))
        .route("/api/firme/select", post(writes::select_company))
        .route("/api/config/id-part-field", post(writes::id_part_field))
        .route("/api/config/id-art-field", post(writes::id_art_field))
        .route("/api/erori", get(reads::errors))
        .route("/api/articole", get(goods::articles))
        .route("/api/produse", get(goods::products))
        .route("/api/produse/stergeri", get(reads::removed_products))
        .route("/api/stocuri", get(goods::stock))
        .route("/api/stocuri/articol/{id}", get(goods::article_stock))
        .route("/api/stocuri/{id}", get(goods::article_stock_v12))
        .route("/api/gestiuni", get(reads::warehouses))
        .route("/api/carnete", get(reads::booklets))
        .route("/api/carnete/ext", get(reads::booklet_ranges))
        .route("/api/monede", get(reads::currencies))
        .route("/api/unitati-masura", get(reads::units))
        .route("/api/parteneri", get(reads::partners))
        .route("/api/parteneri/next-id", get(reads::next_partner_id))
        .route("/api/parteneri/add", post(writes::add_partner))
        .route("/api/import/comenzi", post(writes::import_orders))
        .route("/api/import/comenzi/validate", post(writes::validate_orders))
        .route("/api/import/comenzi/import", post(writes::import_orders))
        .route("/api/import-doc/comenzi/validate", post(writes::validate_structured))
        .route("/api/import-doc/comenzi/import", post(writes::import_structured))
        .route("/api/import-doc/comenzi/preview", post(writes::preview_structured))
        .route("/api/comenzi/info", get(reads::order_info))
        .route("/api/comenzi/nefacturate", get(reads::uninvoiced))
        .route("/api/vanzari/luna", get(reads::sales))
        .route("/api/vanzari", get(reads::sales_v12))
        .route("/api/facturi/exists/{number}", get(reads::invoice_exists))
        .route("/api/facturi/{number}/exists", get(reads::invoice_exists_v12))
        .route("/api/facturi/pot-introduce", get(reads::may_enter))
        .route("/api/system/pot-introduce-doc", get(reads::may_enter))
        .route("/api/com/disconnect", post(writes::disconnect))
        .route("/api/com/connect", post(writes::connect))
        .fallback(reads::unknown_route)
        .layer(from_fn_with_state(Arc::clone(bridge), gate))
        .with_state(Arc::clone(bridge));
    let api = faults.protect(api).layer(from_fn_with_state(Arc::clone(bridge), observe));
    control::router(bridge, faults, pdf_base_url).merge(api)
}
