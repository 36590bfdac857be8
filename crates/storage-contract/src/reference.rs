//! Over random changes a store answers what another one answers.

use countersign_oauth::HandleHash;
use countersign_storage::{Bucket, CommitError, SingleUseKind, Storage, SubjectType};

use crate::block_on;
use crate::dice::Dice;

/// Compares what comes of each of `steps` random steps over two empty stores, and all that can be read every
/// so `often`. The same seed makes the same steps.
///
/// # Panics
/// When the stores differ, with the seed and the step.
pub fn compare((store, reference): (&dyn Storage, &dyn Storage), seed: u64, steps: u64, often: u64) {
    let mut dice = Dice(seed);
    for step in 0..steps {
        let mut same_dice = Dice(dice.0);
        let expected = act(reference, &mut dice);
        let found = act(store, &mut same_dice);
        assert_eq!(found, expected, "seed {seed}, step {step}");
        if step % often == 0 || step + 1 == steps {
            for (found, expected) in everything(store).into_iter().zip(everything(reference)) {
                assert_eq!(found, expected, "seed {seed}, step {step}");
            }
        }
    }
}

/// One thing that a server does, and what comes of it, as text.
fn act(storage: &dyn Storage, dice: &mut Dice) -> String {
    let bucket = |dice: &mut Dice| Bucket { purpose: dice.name(), subject: dice.hash() };
    match dice.below(40) {
        0 => {
            let (space, mark) = (dice.name(), dice.hash());
            let (now, until) = (dice.at(), dice.at());
            format!("{:?}", block_on(storage.remember(&space, mark, now, until)).expect("a store that works"))
        }
        1 => {
            let (bucket, now, until) = (bucket(dice), dice.at(), dice.at());
            format!("{:?}", block_on(storage.record(&bucket, now, until)).expect("a store that works"))
        }
        2 => {
            let (bucket, now) = (bucket(dice), dice.at());
            format!("{:?}", block_on(storage.count(&bucket, now)).expect("a store that works"))
        }
        3 => format!("{:?}", block_on(storage.clear(&bucket(dice))).expect("a store that works")),
        _ => match block_on(storage.commit(dice.changes())) {
            Ok(()) => "committed".to_owned(),
            Err(CommitError::Conflict(conflict)) => format!("{conflict:?}"),
            Err(CommitError::Fault(fault)) => panic!("{fault}"),
        },
    }
}

/// All that can be read, as lines.
fn everything(storage: &dyn Storage) -> Vec<String> {
    let names = ["a", "b", "A"];
    let hashes = names.map(HandleHash::of);
    let mut lines = Vec::new();
    macro_rules! see {
        ($($read:expr),* $(,)?) => {$( lines.push(format!("{:?}", block_on($read).expect("a store that works"))); )*};
    }
    see!(
        storage.settings(),
        storage.configuration_version(),
        storage.signing_keys(),
        storage.connections(),
        storage.scripts(),
        storage.clients(),
        storage.resource_servers(),
        storage.client_grants(),
        storage.users(9),
        storage.log_events(9),
    );
    for user in block_on(storage.users(9)).expect("a store that works") {
        lines.push(format!("{:?}", user.password.map(|hash| hash.as_str().to_owned())));
    }
    for (name, hash) in names.iter().zip(&hashes) {
        let (user, client) = ((*name).into(), (*name).into());
        see!(
            storage.single_use(SingleUseKind::AuthorizationCode, hash),
            storage.single_use(SingleUseKind::DeviceCode, hash),
            storage.authorization(&(*name).into()),
            storage.access_token(hash),
            storage.refresh_token(hash),
            storage.has_spent_successor(hash),
            storage.refresh_family(&(*name).into()),
            storage.session_by_handle(hash),
            storage.session(&(*name).into()),
            storage.session_clients(&(*name).into()),
            storage.families_of_user(&user),
            storage.sessions_of_user(&user),
            storage.resource_server(&(*name).into()),
            storage.client(&client),
        );
        for other in names {
            see!(storage.user_by_identifier(&(*name).into(), other));
            see!(storage.user_by_identity(&(*name).into(), "auth0", other));
            see!(storage.user_by_identity(&(*name).into(), "a", other));
            for audience in ["", "a", "b"] {
                see!(storage.consent(&user, &other.into(), &audience.into()));
                see!(storage.client_grant(&client, &other.into(), SubjectType::User));
            }
        }
    }
    lines
}
