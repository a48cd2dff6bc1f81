/*
 * What the machine itself takes for what SCALING.md counts: membarrier(2) alone and beside a running thread,
 * waking a thread, and a line that goes from one core to another and back. Needs two cores that do nothing
 * else.
 *
 *     gcc -O2 -pthread -o target/machine machine.c && target/machine
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 200000
#define WAKES 100000
#define TURNS 4000000L

static volatile int running;
static volatile long loops;
static volatile long turn __attribute__((aligned(128)));
static int ball __attribute__((aligned(128)));
static int back __attribute__((aligned(128)));

static double nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

static void check(long result, const char *call) {
    if (result != 0) {
        perror(call);
        exit(1);
    }
}

static void *spin(void *unused) {
    while (running) {
        loops++;
    }
    return unused;
}

static void give(int *word) {
    __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void take(int *word) {
    while (!__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST)) {
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    }
}

static void *return_balls(void *unused) {
    for (int i = 0; i < WAKES; i++) {
        take(&ball);
        give(&back);
    }
    return unused;
}

static void *odd_turns(void *unused) {
    for (long i = 1; i < TURNS; i += 2) {
        while (turn != i) {
        }
        turn = i + 1;
    }
    return unused;
}

static double membarrier(void) {
    double begin = nanos();
    for (int i = 0; i < CALLS; i++) {
        check(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), "membarrier");
    }
    return (nanos() - begin) / CALLS;
}

int main(void) {
    pthread_t other;
    check(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0), "membarrier");
    printf("membarrier, no other thread running: %.0f ns\n", membarrier());

    running = 1;
    check(pthread_create(&other, NULL, spin, NULL), "pthread_create");
    usleep(50000);
    double begin = nanos();
    long before = loops;
    usleep(200000);
    double undisturbed = (loops - before) / (nanos() - begin);
    begin = nanos();
    before = loops;
    double beside = membarrier();
    double disturbed = (loops - before) / (nanos() - begin);
    running = 0;
    check(pthread_join(other, NULL), "pthread_join");
    printf("membarrier beside a running thread: %.0f ns, of which that one loses %.0f\n", beside,
            beside * (1 - disturbed / undisturbed));

    check(pthread_create(&other, NULL, return_balls, NULL), "pthread_create");
    double waking = 0;
    double all = nanos();
    for (int i = 0; i < WAKES; i++) {
        begin = nanos();
        give(&ball);
        waking += nanos() - begin;
        take(&back);
    }
    printf("waking a thread: %.0f ns for who wakes, %.0f ns until it runs\n", waking / WAKES,
            (nanos() - all) / WAKES / 2);
    check(pthread_join(other, NULL), "pthread_join");

    check(pthread_create(&other, NULL, odd_turns, NULL), "pthread_create");
    begin = nanos();
    for (long i = 0; i < TURNS; i += 2) {
        while (turn != i) {
        }
        turn = i + 1;
    }
    printf("a line from core to core: %.0f ns\n", (nanos() - begin) / TURNS);
    check(pthread_join(other, NULL), "pthread_join");
    return 0;
}
