//! What the engine relies on in every sales channel.

mod offers;
mod orders;

use async_trait::async_trait;
use vortex_domain::{Market, OrderId, Publication, Sku};

use crate::channel::{ChannelOffers, ChannelOrders};

pub use offers::{
    a_change_of_an_unknown_article_says_so, a_change_touches_what_it_names,
    a_later_refusal_reaches_the_verdict, a_lost_reply_to_a_publication_is_unknown,
    a_refusal_at_once_is_no_success, a_repeated_publication_is_harmless, a_web_page_is_no_verdict,
    an_absent_article_is_not_shown, an_unfinished_batch_is_pending, publishing_ends_in_being_seen,
};
pub use orders::{
    a_failed_page_is_not_the_end, a_lost_reply_to_a_command_can_be_repeated,
    an_unreadable_order_spoils_nothing_else, asking_to_wait_is_heard, commands_are_final_and_repeatable,
    orders_that_move_between_pages_are_found_again, pages_together_hold_every_order,
    shows_the_orders_that_it_lists, wrong_credentials_are_called_so,
};

/// Which calls meet trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// The page of the order list with this number.
    OrderPage(u32),
    /// Accepting and cancelling.
    Commands,
    /// Creations and changes of articles.
    Publishing,
    /// Questions for verdicts.
    Verdicts,
}

/// What goes wrong, until [`ChannelWorld::calm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A server error; nothing was done.
    ServerError,
    /// All was done, and the connection breaks before the answer.
    LostReply,
    /// 429 with this many seconds, or without a time.
    AskToWait(Option<u32>),
    /// A web page with this status instead of an answer; nothing was done.
    WebPage(u16),
    /// A good status and nothing else; nothing was done.
    Empty,
    /// Half of the answer, complete as far as HTTP can tell.
    Half,
}

/// What buyers see of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Units on offer.
    pub quantity: u32,
    /// Consumer prices in minor units.
    pub prices: Vec<(Market, i64)>,
}

/// A connector and the simulator behind it, from both sides. Every case gets a fresh one.
#[async_trait]
pub trait ChannelWorld: Send + Sync {
    /// The connector under test.
    type Channel: ChannelOrders + ChannelOffers;

    /// The connector under test.
    fn channel(&self) -> &Self::Channel;

    /// How many orders the connector asks for per page; small, so that few orders make several pages.
    fn orders_per_page(&self) -> usize;

    /// A creation that the channel accepts, with a quantity of at least 1 and prices in every market it lists.
    fn creation(&self, sku: &Sku) -> Publication;

    /// A creation that the channel refuses at once.
    fn malformed(&self, sku: &Sku) -> Publication;

    /// From now on the channel refuses what is published for the article, after it has taken it.
    async fn refuse_later(&self, sku: &Sku);

    /// Holds back what was taken and not applied yet, or lets it happen.
    async fn hold_batches(&self, held: bool);

    /// A buyer orders a published article.
    async fn buy(&self, sku: &Sku, quantity: u32) -> OrderId;

    /// An open order appears that cannot be understood; its id.
    async fn buy_unreadably(&self) -> String;

    /// The buyer or the channel cancels.
    async fn cancel_by_channel(&self, order: &OrderId);

    /// The channel changes the quantity of an order.
    async fn amend(&self, order: &OrderId, quantity: u32);

    /// The channel no longer takes our credentials.
    async fn revoke_credentials(&self);

    /// Something goes wrong from now on.
    async fn trouble(&self, calls: Calls, trouble: Trouble);

    /// Everything works again.
    async fn calm(&self);

    /// What buyers see; none when the article is not in the shop.
    async fn shown(&self, sku: &Sku) -> Option<Shown>;
}

/// One `#[tokio::test]` per case; `$world` is an async function that makes a fresh [`ChannelWorld`].
#[macro_export]
macro_rules! channel_conformance {
    ($world:path) => {
        $crate::channel_conformance! { @each $world,
            shows_the_orders_that_it_lists
            pages_together_hold_every_order
            orders_that_move_between_pages_are_found_again
            an_unreadable_order_spoils_nothing_else
            a_failed_page_is_not_the_end
            commands_are_final_and_repeatable
            a_lost_reply_to_a_command_can_be_repeated
            asking_to_wait_is_heard
            wrong_credentials_are_called_so
            publishing_ends_in_being_seen
            a_change_touches_what_it_names
            a_refusal_at_once_is_no_success
            a_later_refusal_reaches_the_verdict
            an_unfinished_batch_is_pending
            a_lost_reply_to_a_publication_is_unknown
            a_repeated_publication_is_harmless
            a_change_of_an_unknown_article_says_so
            an_absent_article_is_not_shown
            a_web_page_is_no_verdict
        }
    };
    (@each $world:path, $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let world = $world().await;
                if let Err(failure) = $crate::conformance::channel::$case(&world).await {
                    panic!("{failure}");
                }
            }
        )+
    };
}
