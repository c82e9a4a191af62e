//! `vortex check` of this connection (contract.md).

use async_trait::async_trait;
use vortex_port::{
    connection::{CheckItem, Checkable},
};
use crate::connector::WinMentorConnector;

#[async_trait]
impl Checkable for WinMentorConnector {
    async fn check(&self) -> Vec<CheckItem> {
        Vec::new()
    }
}
