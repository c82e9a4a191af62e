//! The cases of every ERP connector, run against the WinMentor simulator in both dialects, and with the other of the
//! two order numbers being ours (specification 3.7.8).

mod world;

use vortex_simulators::winmentor::{Dialect, OrderNumberField};

use world::World;

mod mentor_api {
    use super::{Dialect, World};

    async fn world() -> World {
        World::start(Dialect::MentorApi).await
    }

    vortex_port::erp_conformance!(world);
}

mod bridge_v12 {
    use super::{Dialect, World};

    async fn world() -> World {
        World::start(Dialect::BridgeV12).await
    }

    vortex_port::erp_conformance!(world);
}

mod number_in_the_booklet_field {
    use super::{Dialect, OrderNumberField, World};

    async fn world() -> World {
        let world = World::start(Dialect::MentorApi).await;
        world.sim.update_options(|options| options.order_number_field = OrderNumberField::NrDocCarnet);
        world
    }

    vortex_port::erp_conformance!(world);
}

mod remark_not_copied_to_invoices {
    use super::{Dialect, OrderNumberField, World};

    async fn world() -> World {
        let world = World::start(Dialect::MentorApi).await;
        world.sim.update_options(|options| {
            options.order_number_field = OrderNumberField::NrDocCarnet;
            options.copy_remark_to_invoice = false;
        });
        world
    }

    vortex_port::erp_conformance!(world);
}
