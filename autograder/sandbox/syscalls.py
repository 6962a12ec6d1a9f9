"""The system calls that student code may make: name -> (x86_64, aarch64), None where the call does not exist.

Grown from what container engines allow by default, less what reaches other processes, the kernel's own state or a key store.
What is not here is refused, and so is what the kernel will learn after `NEWEST`. Numbers are the kernel's and never change.
"""

ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # files by path
    "access": (21, None), "chdir": (80, 49), "chmod": (90, None), "chown": (92, None), "creat": (85, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "fchmodat": (268, 53), "fchownat": (260, 54), "futimesat": (261, None),
    "getcwd": (79, 17), "lchown": (94, None), "link": (86, None), "linkat": (265, 37), "lstat": (6, None), "mkdir": (83, None),
    "mkdirat": (258, 34), "mknod": (133, None), "mknodat": (259, 33), "newfstatat": (262, 79), "open": (2, None),
    "openat": (257, 56), "openat2": (437, 437), "readlink": (89, None), "readlinkat": (267, 78), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "rmdir": (84, None), "stat": (4, None), "statfs": (137, 43),
    "statx": (332, 291), "symlink": (88, None), "symlinkat": (266, 36), "truncate": (76, 45), "umask": (95, 166),
    "unlink": (87, None), "unlinkat": (263, 35), "utime": (132, None), "utimensat": (280, 88), "utimes": (235, None),
    # files by descriptor
    "close": (3, 57), "close_range": (436, 436), "copy_file_range": (326, 285), "dup": (32, 23), "dup2": (33, None),
    "dup3": (292, 24), "fadvise64": (221, 223), "fallocate": (285, 47), "fchdir": (81, 50), "fchmod": (91, 52),
    "fchown": (93, 55), "fdatasync": (75, 83), "fstat": (5, 80), "fstatfs": (138, 44),
    "fsync": (74, 82), "ftruncate": (77, 46), "getdents": (78, None), "getdents64": (217, 61), "lseek": (8, 62),
    "pread64": (17, 67), "preadv": (295, 69), "preadv2": (327, 286), "pwrite64": (18, 68), "pwritev": (296, 70),
    "pwritev2": (328, 287), "read": (0, 63), "readahead": (187, 213), "readv": (19, 65), "sendfile": (40, 71),
    "splice": (275, 76), "sync": (162, 81), "sync_file_range": (277, 84), "syncfs": (306, 267), "tee": (276, 77),
    "vmsplice": (278, 75), "write": (1, 64), "writev": (20, 66),
    # extended attributes
    "fgetxattr": (193, 10), "flistxattr": (196, 13), "fremovexattr": (199, 16), "fsetxattr": (190, 7), "getxattr": (191, 8),
    "lgetxattr": (192, 9), "listxattr": (194, 11), "llistxattr": (195, 12), "lremovexattr": (198, 15), "lsetxattr": (189, 6),
    "removexattr": (197, 14), "setxattr": (188, 5),
    # waiting for descriptors
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_ctl_old": (214, None),
    "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "epoll_wait": (232, None), "epoll_wait_old": (215, None),
    "eventfd": (284, None), "eventfd2": (290, 19),
    "memfd_create": (319, 279), "pipe": (22, None),
    "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73), "pselect6": (270, 72), "select": (23, None),
    "signalfd": (282, None), "signalfd4": (289, 74), "timerfd_create": (283, 85), "timerfd_gettime": (287, 87),
    "timerfd_settime": (286, 86),
    # Unix sockets
    "accept": (43, 202), "accept4": (288, 242), "bind": (49, 200), "connect": (42, 203), "getpeername": (52, 205),
    "getsockname": (51, 204), "getsockopt": (55, 209), "listen": (50, 201), "recvfrom": (45, 207), "recvmmsg": (299, 243),
    "recvmsg": (47, 212), "sendmmsg": (307, 269), "sendmsg": (46, 211), "sendto": (44, 206), "setsockopt": (54, 208),
    "shutdown": (48, 210), "socketpair": (53, 199),
    # memory
    "brk": (12, 214), "get_mempolicy": (239, 236), "madvise": (28, 233), "membarrier": (324, 283), "mincore": (27, 232),
    "mlock": (149, 228), "mlock2": (325, 284), "mlockall": (151, 230), "mmap": (9, 222), "mprotect": (10, 226),
    "mremap": (25, 216), "msync": (26, 227), "munlock": (150, 229), "munlockall": (152, 231), "munmap": (11, 215),
    "pkey_alloc": (330, 289), "pkey_free": (331, 290), "pkey_mprotect": (329, 288), "remap_file_pages": (216, 234),
    # processes and threads
    "arch_prctl": (158, None), "execve": (59, 221), "execveat": (322, 281), "exit": (60, 93), "exit_group": (231, 94),
    "fork": (57, None), "futex": (202, 98), "futex_waitv": (449, 449), "get_robust_list": (274, 100),
    "get_thread_area": (211, None), "getpgid": (121, 155), "getpgrp": (111, None), "getpid": (39, 172), "getppid": (110, 173),
    "getpriority": (140, 141), "getsid": (124, 156), "gettid": (186, 178), "kill": (62, 129), "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444), "landlock_restrict_self": (446, 446), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "prctl": (157, 167), "restart_syscall": (219, 128), "rseq": (334, 293),
    "seccomp": (317, 277), "set_robust_list": (273, 99), "set_thread_area": (205, None), "set_tid_address": (218, 96),
    "setpgid": (109, 154), "setpriority": (141, 140), "setsid": (112, 157), "tgkill": (234, 131), "tkill": (200, 130),
    "vfork": (58, None), "wait4": (61, 260), "waitid": (247, 95),
    # signals and timers
    "alarm": (37, None), "getitimer": (36, 102), "pause": (34, None), "rt_sigaction": (13, 134), "rt_sigpending": (127, 136),
    "rt_sigprocmask": (14, 135), "rt_sigqueueinfo": (129, 138), "rt_sigreturn": (15, 139), "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137), "rt_tgsigqueueinfo": (297, 240), "setitimer": (38, 103), "sigaltstack": (131, 132),
    "timer_create": (222, 107), "timer_delete": (226, 111), "timer_getoverrun": (225, 109), "timer_gettime": (224, 108),
    "timer_settime": (223, 110),
    # clocks and scheduling
    "clock_getres": (229, 114), "clock_gettime": (228, 113), "clock_nanosleep": (230, 115), "getcpu": (309, 168),
    "gettimeofday": (96, 169), "ioprio_get": (252, 31), "ioprio_set": (251, 30), "nanosleep": (35, 101),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126), "sched_getaffinity": (204, 123),
    "sched_getattr": (315, 275), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_rr_get_interval": (148, 127), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_yield": (24, 124), "time": (201, None),
    "times": (100, 153),
    # identity and limits
    "capget": (125, 90), "capset": (126, 91), "getegid": (108, 177), "geteuid": (107, 175), "getgid": (104, 176),
    "getgroups": (115, 158), "getrandom": (318, 278), "getresgid": (120, 150), "getresuid": (118, 148), "getrlimit": (97, 163),
    "getrusage": (98, 165), "getuid": (102, 174), "prlimit64": (302, 261), "setfsgid": (123, 152), "setfsuid": (122, 151),
    "setgid": (106, 144), "setgroups": (116, 159), "setregid": (114, 143), "setresgid": (119, 149), "setresuid": (117, 147),
    "setreuid": (113, 145), "setrlimit": (160, 164), "setuid": (105, 146), "sysinfo": (99, 179), "uname": (63, 160),
    # System V and POSIX queues
    "io_cancel": (210, 3), "io_destroy": (207, 1), "io_getevents": (208, 4), "io_pgetevents": (333, 292), "io_setup": (206, 0),
    "io_submit": (209, 2), "mq_getsetattr": (245, 185), "mq_notify": (244, 184), "mq_open": (240, 180),
    "mq_timedreceive": (243, 183), "mq_timedsend": (242, 182), "mq_unlink": (241, 181), "msgctl": (71, 187),
    "msgget": (68, 186), "msgrcv": (70, 188), "msgsnd": (69, 189), "semctl": (66, 191), "semget": (64, 190), "semop": (65, 193),
    "semtimedop": (220, 192), "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197), "shmget": (29, 194),
}  # fmt: skip

SPECIAL: dict[str, tuple[int, int]] = {
    "clone": (56, 220), "clone3": (435, 435), "socket": (41, 198), "ioctl": (16, 29), "fcntl": (72, 25), "flock": (73, 32),
}  # fmt: skip
"""Allowed by their arguments, or refused with an answer of their own; see seccomp.py."""

FCNTL = (0, 1, 2, 3, 4, 1030, 1031, 1032, 1033, 1034)
"""Allowed commands of fcntl: DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, SETPIPE_SZ, GETPIPE_SZ, ADD_SEALS, GET_SEALS.

Locks, leases and notices are not: a lock on a file that several guests are shown is a wire between students.
"""

NEWEST = 450
"""The last number that this list was made with. Above it the answer is "no such call", as libc expects of an older kernel."""
