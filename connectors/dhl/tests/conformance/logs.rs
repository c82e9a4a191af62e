//! What stands in the log: enough for DHL's support to find a call, and nobody's data.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;
use vortex_port::{
    Courier,
    conformance::courier::{Calls, CourierWorld, Trouble},
};

use crate::world::World;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn every_failure_can_be_found_again_and_names_nobody() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(lines.clone())
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .finish();
    // Tests run on their own thread each, and so does everything that they await.
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let world = World::start().await;
    let parcel = world.parcel("G-1");
    for trouble in [Trouble::ServerError(500), Trouble::LostReply, Trouble::WebPage(200)] {
        world.trouble(Calls::Minting, trouble).await;
        let before = lines.text().len();
        world.courier().mint(&parcel).await;
        let said = lines.text().split_off(before);
        assert!(said.contains("message_reference="), "{trouble:?}: {said}");
        if trouble == Trouble::ServerError(500) {
            assert!(said.contains("invocation_id="), "{said}");
        }
        world.calm().await;
    }
    world.courier().mint(&world.refused("G-2").await).await;
    world.mint(&world.declarable("G-3")).await;
    let said = lines.text();
    for private in ["Åsa", "Öberg", "Storgatan", "701234567", "70 123", "Stockholm", "canary", "Basic "] {
        assert!(!said.contains(private), "{private} is in the log");
    }
}
