//! Name resolution that only ever yields addresses that may be called.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::egress::{Denied, EgressPolicy};

/// Resolves once per connection; the connection goes to what was judged here, so a second answer of a hostile
/// name server comes too late (DNS rebinding).
#[derive(Debug, Clone)]
pub(super) struct GuardedResolver {
    pub(super) policy: EgressPolicy,
}

impl GuardedResolver {
    fn judge(&self, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Denied> {
        let allowed: Vec<_> = found.filter(|address| self.policy.allows(address.ip())).collect();
        if allowed.is_empty() { Err(Denied::Address) } else { Ok(allowed) }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Addrs = Box::new(guard.judge(found)?.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn keeps_only_the_public_part_of_a_mixed_answer() {
        // SEC15: mixed A records
        let guard = GuardedResolver { policy: EgressPolicy::default() };
        let mixed = sockets(&["127.0.0.1", "8.8.8.8", "169.254.169.254", "::1"]);
        assert_eq!(guard.judge(mixed.into_iter()), Ok(sockets(&["8.8.8.8"])));
        assert_eq!(guard.judge(sockets(&["10.0.0.1", "fe80::1"]).into_iter()), Err(Denied::Address));
        assert_eq!(guard.judge(std::iter::empty()), Err(Denied::Address));
    }

    #[tokio::test]
    async fn a_name_that_points_home_is_denied_when_it_is_resolved() {
        let guard = GuardedResolver { policy: EgressPolicy::default() };
        let error = guard.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert_eq!(error.downcast_ref::<Denied>(), Some(&Denied::Address));
    }
}
