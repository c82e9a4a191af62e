//! Mailboxes are unbounded; what fills them is not: a flow sends one wave and waits until it is durable. Here it is counted.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ractor::Message;

/// The messages to one kind of actor under one vendor.
#[derive(Debug, Default)]
pub struct Post {
    waiting: AtomicU64,
    handled: AtomicU64,
}

impl Post {
    /// Puts a message into its envelope; it waits until it is opened or dropped.
    pub fn stamp<M: Message>(self: &Arc<Self>, message: M) -> Mail<M> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Mail { message, stamp: Stamp(self.clone()) }
    }

    /// Messages that wait now.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Messages that were opened since the start.
    pub fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }
}

/// A message on its way to an actor.
pub struct Mail<M> {
    message: M,
    stamp: Stamp,
}

impl<M: Message> Mail<M> {
    /// The message; its actor begins to handle it.
    pub fn open(self) -> M {
        self.stamp.0.handled.fetch_add(1, Ordering::Relaxed);
        self.message
    }
}

struct Stamp(Arc<Post>);

impl Drop for Stamp {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
