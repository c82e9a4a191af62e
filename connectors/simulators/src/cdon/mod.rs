//! A simulator of CDON's merchant API.
//!
//! It serves the documented calls under `/api` and a private control interface under `/control`. What it
//! really did is in its log, whatever it answered. Money in the log is a decimal text with two places, in
//! the market's currency; `t_ms` is the simulator's clock. Entries by kind:
//!
//! | kind | fields |
//! | --- | --- |
//! | `order_emitted` | merchant, order, sku, qty, `amount_net`, vat, currency, market, `customer_order` |
//! | `order_accepted` | merchant, order |
//! | `fulfil` | merchant, order, tracking |
//! | `order_cancelled` | merchant, order, by (`merchant`, `cdon` or `deadline`) |
//! | `order_amended` | merchant, order, patch |
//! | `poll` | merchant, state, page, limit, returned (order ids) |
//! | `order_read` | merchant, order, state |
//! | `batch` | merchant, `batch_id`, call (`create` or `update`), actions, failed |
//! | `article_put` | merchant, sku, action, markets, status, applied, error |
//! | `stock_put` | merchant, sku, qty, applied |
//! | `price_put` | merchant, sku, market, `amount_including_vat`, currency, applied |
//! | `article_deleted` | merchant, sku, applied, error |
//! | `auth_failed` | merchant (as claimed), route |
//! | `fault` | mode, route, committed |

mod article;
mod buyers;
mod catalogue;
mod categories;
mod check;
mod control;
mod handle;
mod http;
mod intake;
mod market;
mod merchant;
mod options;
mod orders;
mod property;
mod readback;
mod reply;
mod status;
mod time;

pub use categories::Category;
pub use handle::{ArticleView, CdonSim, OrderView, SimError};
pub use market::Market;
pub use options::{
    Behaviour, CdonSimOptions, Dialect, ErrorField, ExistingSku, OversizedLimit, RateLimit, UnknownBatch,
};
pub use orders::OrderState;
