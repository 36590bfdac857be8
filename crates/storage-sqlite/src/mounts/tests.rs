use super::*;

const MOUNTS: &str = "overlay / overlay rw 0 0\n\
    server:/data /srv/my\\040data nfs4 rw 0 0\n\
    tmpfs /srv/my\\040data/fast tmpfs rw 0 0\n\
    disk /over ext4 rw 0 0\n\
    server:/over /over nfs rw 0 0\n";

#[test]
fn the_nearest_mount_above_a_folder_counts() {
    let kind = |folder| kind_at(Path::new(folder), MOUNTS);
    assert_eq!(kind("/srv"), Some("overlay"));
    assert_eq!(kind("/srv/my data/deep/er"), Some("nfs4"));
    assert_eq!(kind("/srv/my data/fast"), Some("tmpfs"));
    assert_eq!(kind("/srv/my database"), Some("overlay"));
}

#[test]
fn of_two_mounts_at_one_place_the_later_counts() {
    assert_eq!(kind_at(Path::new("/over/it"), MOUNTS), Some("nfs"));
}

#[test]
fn the_folder_of_this_test_is_on_no_network() {
    assert_eq!(network_file_system(&std::env::temp_dir().join("database")), None);
}
