/**
 * System call numbers of the two architectures that the sandbox runs on: what a function's process may call, and nothing
 * else. The list is what Bun uses, less what reaches beyond the process: no file is made or changed, no process, no
 * namespace, no device, no tracing, no memory outside the process's own accounts (memfd, SysV, mlock).
 *
 * @see https://github.com/torvalds/linux/blob/master/arch/x86/entry/syscalls/syscall_64.tbl
 * @see https://github.com/torvalds/linux/blob/master/include/uapi/asm-generic/unistd.h (arm64)
 */

/** The architectures for which there is a table. The name is Node's `process.arch`. */
export type Architecture = "x64" | "arm64"

export interface SyscallTable {
  /** The value of `seccomp_data.arch`; any other is killed, because the numbers would mean other calls. */
  readonly audit: number
  /** Allowed whatever the arguments. */
  readonly allowed: Readonly<Record<string, number>>
  /** Allowed for some arguments; the rules are in `seccomp.ts`. */
  readonly ruled: Readonly<Record<"clone" | "clone3" | "socket" | "socketpair" | "ioctl" | "prctl", number>>
  /** What `setpriv` needs to leave root inside the sandbox. Without a capability none of them gives anything back. */
  readonly dropping: Readonly<Record<string, number>>
}

// biome-ignore format: a table is read as a table.
const x64: Readonly<Record<string, number>> = {
  read: 0, write: 1, open: 2, close: 3, stat: 4, fstat: 5, lstat: 6, poll: 7, lseek: 8, mmap: 9, mprotect: 10,
  munmap: 11, brk: 12, rt_sigaction: 13, rt_sigprocmask: 14, rt_sigreturn: 15, pread64: 17, pwrite64: 18, readv: 19,
  writev: 20, access: 21, pipe: 22, select: 23, sched_yield: 24, mremap: 25, msync: 26, mincore: 27, madvise: 28,
  dup: 32, dup2: 33, nanosleep: 35, getpid: 39, connect: 42, accept: 43, sendto: 44, recvfrom: 45, sendmsg: 46,
  recvmsg: 47, shutdown: 48, bind: 49, listen: 50, getsockname: 51, getpeername: 52, setsockopt: 54, getsockopt: 55,
  execve: 59, exit: 60, wait4: 61, kill: 62, uname: 63, fcntl: 72, flock: 73, fsync: 74, fdatasync: 75, getdents: 78,
  getcwd: 79, chdir: 80, fchdir: 81, readlink: 89, umask: 95, gettimeofday: 96, getrlimit: 97, getrusage: 98,
  sysinfo: 99, times: 100, getuid: 102, getgid: 104, geteuid: 107, getegid: 108, getppid: 110, getpgrp: 111,
  getgroups: 115, getresuid: 118, getresgid: 120, getpgid: 121, getsid: 124, rt_sigpending: 127,
  rt_sigtimedwait: 128, rt_sigsuspend: 130, sigaltstack: 131, statfs: 137, fstatfs: 138, getpriority: 140,
  sched_getparam: 143, sched_getscheduler: 145, sched_get_priority_max: 146, sched_get_priority_min: 147,
  arch_prctl: 158, gettid: 186, tkill: 200, time: 201, futex: 202, sched_getaffinity: 204, epoll_create: 213,
  getdents64: 217, set_tid_address: 218, restart_syscall: 219, fadvise64: 221, clock_gettime: 228, clock_getres: 229,
  clock_nanosleep: 230, exit_group: 231, epoll_wait: 232, epoll_ctl: 233, tgkill: 234, waitid: 247, openat: 257,
  newfstatat: 262, readlinkat: 267, faccessat: 269, pselect6: 270, ppoll: 271, set_robust_list: 273,
  get_robust_list: 274, epoll_pwait: 281, timerfd_create: 283, eventfd: 284, timerfd_settime: 286,
  timerfd_gettime: 287, accept4: 288, signalfd4: 289, eventfd2: 290, epoll_create1: 291, dup3: 292, pipe2: 293,
  preadv: 295, pwritev: 296, prlimit64: 302, getcpu: 309, getrandom: 318, membarrier: 324, preadv2: 327,
  pwritev2: 328, statx: 332, rseq: 334, close_range: 436, faccessat2: 439, epoll_pwait2: 441,
}

// biome-ignore format: a table is read as a table.
const arm64: Readonly<Record<string, number>> = {
  getcwd: 17, eventfd2: 19, epoll_create1: 20, epoll_ctl: 21, epoll_pwait: 22, dup: 23, dup3: 24, fcntl: 25,
  flock: 32, statfs: 43, fstatfs: 44, faccessat: 48, chdir: 49, fchdir: 50, openat: 56, close: 57, pipe2: 59,
  getdents64: 61, lseek: 62, read: 63, write: 64, readv: 65, writev: 66, pread64: 67, pwrite64: 68, preadv: 69,
  pwritev: 70, pselect6: 72, ppoll: 73, signalfd4: 74, readlinkat: 78, newfstatat: 79, fstat: 80, fsync: 82,
  fdatasync: 83, timerfd_create: 85, timerfd_settime: 86, timerfd_gettime: 87, exit: 93, exit_group: 94, waitid: 95,
  set_tid_address: 96, futex: 98, set_robust_list: 99, get_robust_list: 100, nanosleep: 101, clock_gettime: 113,
  clock_getres: 114, clock_nanosleep: 115, sched_getscheduler: 120, sched_getparam: 121, sched_getaffinity: 123,
  sched_yield: 124, sched_get_priority_max: 125, sched_get_priority_min: 126, restart_syscall: 128, kill: 129,
  tkill: 130, tgkill: 131, sigaltstack: 132, rt_sigsuspend: 133, rt_sigaction: 134, rt_sigprocmask: 135,
  rt_sigpending: 136, rt_sigtimedwait: 137, rt_sigreturn: 139, getpriority: 141, getresuid: 148, getresgid: 150,
  times: 153, getpgid: 155, getsid: 156, getgroups: 158, uname: 160, getrlimit: 163, getrusage: 165, umask: 166,
  getcpu: 168, gettimeofday: 169, getpid: 172, getppid: 173, getuid: 174, geteuid: 175, getgid: 176, getegid: 177,
  gettid: 178, sysinfo: 179, bind: 200, listen: 201, accept: 202, connect: 203, getsockname: 204, getpeername: 205,
  sendto: 206, recvfrom: 207, setsockopt: 208, getsockopt: 209, shutdown: 210, sendmsg: 211, recvmsg: 212, brk: 214,
  munmap: 215, mremap: 216, execve: 221, mmap: 222, fadvise64: 223, mprotect: 226, msync: 227, mincore: 232,
  madvise: 233, accept4: 242, wait4: 260, prlimit64: 261, getrandom: 278, membarrier: 283, preadv2: 286,
  pwritev2: 287, statx: 291, rseq: 293, close_range: 436, faccessat2: 439, epoll_pwait2: 441,
}

export const syscallTables: Readonly<Record<Architecture, SyscallTable>> = {
  x64: {
    audit: 0xc000003e,
    allowed: x64,
    ruled: { clone: 56, clone3: 435, socket: 41, socketpair: 53, ioctl: 16, prctl: 157 },
    dropping: { setuid: 105, setgid: 106, setgroups: 116, setresuid: 117, setresgid: 119, capget: 125, capset: 126 },
  },
  arm64: {
    audit: 0xc00000b7,
    allowed: arm64,
    ruled: { clone: 220, clone3: 435, socket: 198, socketpair: 199, ioctl: 29, prctl: 167 },
    dropping: { capget: 90, capset: 91, setgid: 144, setuid: 146, setresuid: 147, setresgid: 149, setgroups: 159 },
  },
}
