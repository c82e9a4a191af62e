//! First publish: every article of WinMentor onto CDON, in four markets, from an empty database; and the memory it takes.
//!
//! `cargo bench --bench publish` (50,000 articles; `ARTICLES=5000 cargo bench --bench publish` for fewer)
//!
//! From the first read of the ERP until no publication and no verdict waits. The simulators run unthrottled in a process of
//! their own on the same machine; the memory is this process's. Baseline: the connectors alone reading the same articles, which
//! is what the work cannot do without.

mod support;

use support::{
    engine::{Engine, read_only},
    figure,
    process::own_memory_mb,
    remotes::{Remotes, serve_if_asked},
    setting,
    table::{Target, digits, heading, line},
};
use tokio::time::Instant;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if serve_if_asked().await? {
        return Ok(());
    }
    let articles = setting("ARTICLES", 50_000)?;
    let folder = tempfile::tempdir()?;
    let mut remotes = Remotes::start(articles)?;
    let engine = Engine::start(folder.path(), &remotes.addresses, None).await?;
    let at_start_mb = own_memory_mb("VmRSS");

    let started = Instant::now();
    engine.publish_all().await?;
    let seconds = started.elapsed().as_secs_f64();
    let listed = remotes.listed()?;
    let peak_mb = own_memory_mb("VmHWM");

    let connectors = engine.connectors().await?;
    let started = Instant::now();
    read_only(&connectors).await?;
    let reading_s = started.elapsed().as_secs_f64();

    heading(&format!("first publish of {articles} articles in 4 markets"));
    let beside = format!("{listed} in {seconds:.1} s; reading them alone {reading_s:.1} s");
    line("articles listed, end to end", figure(listed) / seconds, "/s", Target::AtLeast(2_000.0), &beside);
    let beside = format!("at the start {} MB", digits(at_start_mb));
    line("peak memory (VmHWM)", peak_mb, "MB", Target::AtMost(400.0), &beside);
    engine.stop().await;
    Ok(())
}
