//! Who is where: the routing table of one kind of actor (SKUs or orders) under one vendor.
//!
//! A key is absent, being read from the database, alive, leaving, or parked. Messages for a key that is being read or is
//! leaving wait here, so that exactly one actor per key ever exists and none starts from rows older than its
//! predecessor's last decision.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use ractor::{ActorId, ActorRef, Message};

use crate::mail::{Mail, Post};

/// Failures of one key within [`FAILURE_WINDOW_MS`] before it is parked.
pub const FAILURE_BUDGET: usize = 5;
/// The window in which failures are counted, milliseconds.
pub const FAILURE_WINDOW_MS: i64 = 60_000;
/// A parked key is tried again after this, milliseconds.
pub const PARKED_MS: i64 = 600_000;
/// Messages that may wait for one key; further ones are dropped, their rows bring them back.
const WAITING_LIMIT: usize = 1_000;

enum Slot<M: Message> {
    /// Its rows are being read.
    Reading(Vec<Mail<M>>),
    /// Alive; since when nobody has spoken to it.
    Alive { actor: ActorRef<Mail<M>>, spoken_ms: i64 },
    /// Draining; what came since waits.
    Leaving(Vec<Mail<M>>),
}

/// What to do with a key whose actor is gone.
#[derive(Debug, PartialEq, Eq)]
pub enum Gone<K> {
    /// Not one of ours.
    Stranger,
    /// Left in peace and nobody asks for it.
    Left,
    /// Somebody asks for it: read its rows again.
    ReadAgain(K),
    /// It has used up its failures and is parked.
    Parked(K),
}

/// The routing table.
pub struct Slots<K: Ord + Clone, M: Message> {
    by_key: BTreeMap<K, Slot<M>>,
    keys: BTreeMap<ActorId, K>,
    failures: BTreeMap<K, VecDeque<i64>>,
    parked: BTreeMap<K, i64>,
    restarts: u64,
    post: Arc<Post>,
}

impl<K: Ord + Clone, M: Message> Default for Slots<K, M> {
    fn default() -> Self {
        Self {
            by_key: BTreeMap::new(),
            keys: BTreeMap::new(),
            failures: BTreeMap::new(),
            parked: BTreeMap::new(),
            restarts: 0,
            post: Arc::default(),
        }
    }
}

impl<K: Ord + Clone, M: Message> Slots<K, M> {
    /// Routes a message. Returns the key when its rows must be read first.
    pub fn route(&mut self, key: K, message: M, now_ms: i64) -> Option<K> {
        if let Some(until_ms) = self.parked.get(&key) {
            if now_ms < *until_ms {
                return None;
            }
            self.parked.remove(&key);
        }
        let message = self.post.stamp(message);
        match self.by_key.get_mut(&key) {
            None => {
                self.by_key.insert(key.clone(), Slot::Reading(vec![message]));
                Some(key)
            }
            Some(Slot::Reading(waiting) | Slot::Leaving(waiting)) => {
                if waiting.len() < WAITING_LIMIT {
                    waiting.push(message);
                }
                None
            }
            Some(Slot::Alive { actor, spoken_ms }) => {
                *spoken_ms = now_ms;
                match actor.cast(message) {
                    Err(ractor::MessagingErr::SendErr(message)) => {
                        // It is ending; its end will be reported to us, and then this message starts it again.
                        self.by_key.insert(key, Slot::Leaving(vec![message]));
                        None
                    }
                    Ok(()) | Err(_) => None,
                }
            }
        }
    }

    /// Whether rows that were read are still waited for.
    pub fn is_reading(&self, key: &K) -> bool {
        matches!(self.by_key.get(key), Some(Slot::Reading(_)))
    }

    /// The rows of a key were read and its actor started: hands it everything that waited.
    pub fn started(&mut self, key: K, actor: &ActorRef<Mail<M>>, now_ms: i64) {
        self.keys.insert(actor.get_id(), key.clone());
        let before = self.by_key.insert(key, Slot::Alive { actor: actor.clone(), spoken_ms: now_ms });
        if let Some(Slot::Reading(waiting) | Slot::Leaving(waiting)) = before {
            for message in waiting {
                // If it ended already, the rows behind the messages bring them back.
                let _ = actor.cast(message);
            }
        }
    }

    /// The rows of a key could not be read for now: its messages are dropped, their askers learn so.
    pub fn not_read(&mut self, key: &K) {
        self.by_key.remove(key);
    }

    /// The rows of a key cannot be understood, or its actor does not start from them: that is a failure of this key. Returns
    /// whether it is parked now.
    pub fn not_started(&mut self, key: &K, now_ms: i64) -> bool {
        self.by_key.remove(key);
        self.failed(key, now_ms)
    }

    /// Counts a failure. Returns whether it was the one too many.
    fn failed(&mut self, key: &K, now_ms: i64) -> bool {
        self.restarts += 1;
        let times = self.failures.entry(key.clone()).or_default();
        times.push_back(now_ms);
        while times.front().is_some_and(|first| now_ms - first > FAILURE_WINDOW_MS) {
            times.pop_front();
        }
        if times.len() < FAILURE_BUDGET {
            return false;
        }
        self.failures.remove(key);
        self.parked.insert(key.clone(), now_ms.saturating_add(PARKED_MS));
        true
    }

    /// An actor has ended.
    pub fn gone(&mut self, actor: ActorId, failed: bool, now_ms: i64) -> Gone<K> {
        let Some(key) = self.keys.remove(&actor) else { return Gone::Stranger };
        let waiting = match self.by_key.remove(&key) {
            Some(Slot::Leaving(waiting) | Slot::Reading(waiting)) => waiting,
            _ => Vec::new(),
        };
        if failed && self.failed(&key, now_ms) {
            return Gone::Parked(key);
        }
        if waiting.is_empty() {
            return Gone::Left;
        }
        self.by_key.insert(key.clone(), Slot::Reading(waiting));
        Gone::ReadAgain(key)
    }

    /// Lets an actor leave once it has handled what is in its mailbox.
    pub fn dismiss(&mut self, key: &K) {
        if let Some(slot @ Slot::Alive { .. }) = self.by_key.get_mut(key)
            && let Slot::Alive { actor, .. } = std::mem::replace(slot, Slot::Leaving(Vec::new()))
        {
            // An error means that it is ending already.
            let _ = actor.drain();
        }
    }

    /// Lets everybody leave to whom nobody has spoken since `before_ms`.
    pub fn dismiss_idle(&mut self, before_ms: i64) {
        let idle: Vec<K> = self
            .by_key
            .iter()
            .filter_map(|(key, slot)| match slot {
                Slot::Alive { spoken_ms, .. } if *spoken_ms < before_ms => Some(key.clone()),
                _ => None,
            })
            .collect();
        for key in &idle {
            self.dismiss(key);
        }
        // Failures older than the window no longer count against anybody.
        self.failures.retain(|_, times| times.back().is_some_and(|last| *last >= before_ms));
    }

    /// Lets everybody leave.
    pub fn dismiss_all(&mut self) {
        self.dismiss_idle(i64::MAX);
    }

    /// A parked key is tried again with its next message.
    pub fn unpark(&mut self, key: &K) {
        self.parked.remove(key);
    }

    /// How many actors are alive or leaving.
    pub fn alive(&self) -> usize {
        self.keys.len()
    }

    /// The messages to these actors.
    pub fn post(&self) -> &Post {
        &self.post
    }

    /// How many actors have failed since the start.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Which keys are parked.
    pub fn parked(&self) -> impl Iterator<Item = &K> {
        self.parked.keys()
    }
}
