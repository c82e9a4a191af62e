//! REST, OpenAPI, webhooks in, health and metrics
