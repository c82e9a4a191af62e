//! Which address is whose, and what stands in front of it.
//!
//! Every route is registered together with its description, so that the OpenAPI document cannot lack one.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, connect_info::IntoMakeServiceWithConnectInfo},
    http::{StatusCode, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
};
use tower_http::{catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer};
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, OpenApi, Ref, RefOr, ResponseBuilder,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::{authenticate, scope},
    edge::{admit, dress, panicked},
    health, hooks, idempotency, links, panel,
    rest::{
        access, attention, buyer, content, events, explain, files, history, invoices, journal, mapping,
        order_lists, orders, overview, pickups, rates, returns, returns_import, ship, sku_list, skus, sync,
        vendors,
    },
    state::ApiState,
};

/// The name of the bearer scheme in the document.
const BEARER: &str = "token";

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "MEGZO Integrator Vortex",
    description = "Keeps WinMentor and CDON in step. Errors are problem+json (RFC 9457); lists are paged by cursor; writes take an Idempotency-Key.",
    version = "1",
    license(name = "Proprietary")
))]
struct Document;

/// The whole service for the public listener.
pub fn router(state: ApiState) -> Router {
    let (served, mut document) = described(&state).split_for_parts();
    complete(&mut document);
    // A document that we made ourselves always serialises.
    let text = DocumentText(serde_json::to_string(&document).unwrap_or_default().into());
    served
        .layer(Extension(text))
        .merge(panel::router(&state))
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), dress))
        .with_state(state)
}

/// The whole service with the callers' addresses, for a listener.
pub fn service(state: ApiState) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
    router(state).into_make_service_with_connect_info()
}

fn described(state: &ApiState) -> OpenApiRouter<ApiState> {
    let limits = &state.limits;
    let quick = OpenApiRouter::new()
        .routes(routes!(order_lists::list))
        .routes(routes!(orders::one))
        .routes(routes!(sku_list::list))
        .routes(routes!(skus::one))
        .routes(routes!(explain::explain))
        .routes(routes!(attention::list))
        .routes(routes!(attention::subjects))
        .routes(routes!(attention::act))
        .routes(routes!(rates::list))
        .routes(routes!(rates::set))
        .routes(routes!(rates::judge))
        .routes(routes!(overview::overview))
        .routes(routes!(access::tokens))
        .routes(routes!(access::revoke_token))
        .routes(routes!(access::members))
        .routes(routes!(access::audit))
        .routes(routes!(vendors::flows))
        .routes(routes!(vendors::actors))
        .routes(routes!(journal::page))
        .routes(routes!(history::newest))
        .routes(routes!(history::csv))
        .routes(routes!(history::jsonl))
        .routes(routes!(ship::ship))
        .routes(routes!(ship::cancel))
        .routes(routes!(files::list))
        .routes(routes!(files::link))
        .routes(routes!(files::labels))
        .routes(routes!(pickups::list))
        .routes(routes!(pickups::one))
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::zip))
        .routes(routes!(returns::enter))
        .routes(routes!(returns::list))
        .routes(routes!(returns::settle))
        .routes(routes!(mapping::versions))
        .routes(routes!(mapping::version))
        .routes(routes!(mapping::drafts))
        .routes(routes!(mapping::validate))
        .routes(routes!(mapping::difference))
        .routes(routes!(mapping::tables::catalogue))
        .routes(routes!(mapping::tables::schema))
        .routes(routes!(mapping::tables::fields))
        .routes(routes!(mapping::trials::list))
        .routes(routes!(mapping::trials::end))
        .routes(routes!(mapping::trials::gaps));
    let whole_catalogue = OpenApiRouter::new()
        .routes(routes!(mapping::draft))
        .routes(routes!(mapping::save))
        .routes(routes!(mapping::drop_draft))
        .routes(routes!(mapping::preview))
        .routes(routes!(mapping::replay))
        .routes(routes!(mapping::publish))
        .routes(routes!(mapping::revert))
        .routes(routes!(mapping::tables::put_row))
        .routes(routes!(mapping::tables::drop_row));
    let of_vendor = bounded(once(quick, state), limits.body_bytes, limits.request_timeout)
        // What it answers must not be kept.
        .merge(bounded(
            OpenApiRouter::new().routes(routes!(access::create_token)).routes(routes!(buyer::show)),
            limits.body_bytes,
            limits.request_timeout,
        ))
        .merge(bounded(
            once(OpenApiRouter::new().routes(routes!(content::put)), state),
            limits.content_bytes,
            limits.request_timeout,
        ))
        .merge(bounded(
            once(OpenApiRouter::new().routes(routes!(returns_import::import)), state),
            limits.content_bytes,
            sync::LONGEST,
        ))
        .merge(bounded(once(whole_catalogue, state), limits.content_bytes, sync::LONGEST))
        .merge(bounded(once(collecting(), state), limits.body_bytes, sync::LONGEST))
        .merge(bounded(
            once(OpenApiRouter::new().routes(routes!(sync::start)), state),
            limits.body_bytes,
            sync::LONGEST,
        ))
        .route_layer(from_fn_with_state(state.clone(), scope));
    let platform = OpenApiRouter::new()
        .routes(routes!(vendors::list))
        .routes(routes!(events::stream))
        .routes(routes!(access::me));
    let known = of_vendor
        .merge(bounded(platform, limits.body_bytes, limits.request_timeout))
        .route_layer(from_fn_with_state(state.clone(), authenticate));
    let hooks = bounded(
        OpenApiRouter::new().routes(routes!(hooks::receive)),
        limits.hook_bytes,
        limits.request_timeout,
    );
    // The signature in their address stands for the token.
    let linked = bounded(
        OpenApiRouter::new().routes(routes!(links::serve)),
        limits.body_bytes,
        limits.request_timeout,
    );
    let described = OpenApiRouter::new().routes(routes!(document));
    let admitted = known
        .merge(hooks)
        .merge(linked)
        .merge(described)
        .route_layer(from_fn_with_state(state.clone(), admit));
    // Probes are answered also when the process takes no more work.
    let probes = OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz));
    OpenApiRouter::with_openapi(Document::openapi()).merge(admitted).merge(probes)
}

/// What waits for the courier.
fn collecting() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(pickups::ask))
        .routes(routes!(pickups::cancel))
        .routes(routes!(pickups::decide))
}

/// Writes of these routes may carry an `Idempotency-Key`.
fn once(routes: OpenApiRouter<ApiState>, state: &ApiState) -> OpenApiRouter<ApiState> {
    routes.route_layer(from_fn_with_state(state.clone(), idempotency::once))
}

fn bounded(routes: OpenApiRouter<ApiState>, body_bytes: usize, time: Duration) -> OpenApiRouter<ApiState> {
    routes
        .route_layer(RequestBodyLimitLayer::new(body_bytes))
        .route_layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time))
}

/// The document as it is served.
#[derive(Clone)]
struct DocumentText(Arc<str>);

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "document", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
async fn document(Extension(text): Extension<DocumentText>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text.0.to_string())
}

/// Adds what holds for many routes: the token, and that every error is a problem.
fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let problem = ResponseBuilder::new()
        .description("An error (RFC 9457)")
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))))
        .build();
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().filter_map(Option::as_mut) {
            operation
                .responses
                .responses
                .entry("default".to_owned())
                .or_insert_with(|| RefOr::T(problem.clone()));
            if path.starts_with("/api/v1/") {
                operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
            }
        }
    }
}
