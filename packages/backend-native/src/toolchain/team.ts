/**
 * Threads that take iterations of a loop, in C, built once and kept like any object.
 *
 * The caller takes part. A thread without work spins for some microseconds, since the next loop is often near, and then
 * sleeps. One word holds the number of the loop and how many of its iterations are left: taking one is a single exchange,
 * and a thread that wakes late finds the number changed and leaves the loop alone. Nobody waits for it.
 */

import { RheoError } from '@rheo/ir';
import type { ObjectSource } from './build.ts';
import { buildObject } from './build.ts';

const text = `#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

typedef void tile(void *const *table, long number);
typedef unsigned long long word;

struct team {
  /* First: generated code calls it. Iteration i runs as body(table, i), each thread with a table of its own. */
  void (*share)(struct team *team, tile *body, void *const *tables, long step, long count);
  tile *body;
  void *const *tables;
  long step;
  /* Number of the loop, and in the lower half how many iterations are left. */
  word left;
  long finished;
  int sleeping;
  int ending;
  int threads;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  struct member { struct team *team; long number; pthread_t thread; } members[];
};

static void rest(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Takes iterations of the loop that \`seen\` belongs to until none is left. */
static void take(struct team *team, long number, word seen) {
  word left = __atomic_load_n(&team->left, __ATOMIC_ACQUIRE);
  while (left >> 32 == seen >> 32 && (unsigned)left != 0) {
    if (!__atomic_compare_exchange_n(&team->left, &left, left - 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) continue;
    /* The loop cannot end before this iteration has: what it left in the team is still true. */
    team->body(team->tables + number * team->step, (long)(unsigned)left - 1);
    __atomic_fetch_add(&team->finished, 1, __ATOMIC_RELEASE);
    left = __atomic_load_n(&team->left, __ATOMIC_ACQUIRE);
  }
}

static void *work(void *given) {
  struct member *member = given;
  struct team *team = member->team;
  word seen = 0;
  for (;;) {
    word left = seen;
    for (int turn = 0; turn < 4000 && left >> 32 == seen >> 32; ++turn) {
      rest();
      left = __atomic_load_n(&team->left, __ATOMIC_ACQUIRE);
    }
    if (left >> 32 == seen >> 32) {
      pthread_mutex_lock(&team->mutex);
      __atomic_fetch_add(&team->sleeping, 1, __ATOMIC_SEQ_CST);
      while ((left = __atomic_load_n(&team->left, __ATOMIC_SEQ_CST)) >> 32 == seen >> 32)
        pthread_cond_wait(&team->wake, &team->mutex);
      __atomic_fetch_sub(&team->sleeping, 1, __ATOMIC_SEQ_CST);
      pthread_mutex_unlock(&team->mutex);
    }
    seen = left;
    if (__atomic_load_n(&team->ending, __ATOMIC_ACQUIRE)) return 0;
    take(team, member->number, seen);
  }
}

static void announce(struct team *team, long count) {
  const word next = ((__atomic_load_n(&team->left, __ATOMIC_RELAXED) >> 32) + 1) << 32 | (word)count;
  __atomic_store_n(&team->left, next, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->sleeping, __ATOMIC_SEQ_CST) > 0) {
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
  }
}

static void share(struct team *team, tile *body, void *const *tables, long step, long count) {
  team->body = body;
  team->tables = tables;
  team->step = step;
  team->finished = 0;
  announce(team, count);
  take(team, 0, __atomic_load_n(&team->left, __ATOMIC_RELAXED));
  for (long turn = 0; __atomic_load_n(&team->finished, __ATOMIC_ACQUIRE) < count; ++turn) {
    if (turn < 4000) rest();
    else sched_yield();
  }
}

static void end(struct team *team, int started) {
  __atomic_store_n(&team->ending, 1, __ATOMIC_RELEASE);
  announce(team, 0);
  for (int i = 0; i < started; ++i) pthread_join(team->members[i].thread, 0);
  pthread_cond_destroy(&team->wake);
  pthread_mutex_destroy(&team->mutex);
  free(team);
}

/* slot[0]: the number of threads, with the caller; becomes the team, or 0 if it cannot be had. */
void open_team(void **slot) {
  const int threads = (int)(long)slot[0];
  slot[0] = 0;
  struct team *team = calloc(1, sizeof *team + (size_t)(threads - 1) * sizeof team->members[0]);
  if (!team) return;
  team->share = share;
  team->threads = threads;
  pthread_mutex_init(&team->mutex, 0);
  pthread_cond_init(&team->wake, 0);
  for (int i = 0; i < threads - 1; ++i) {
    struct member *member = &team->members[i];
    member->team = team;
    member->number = i + 1;
    if (pthread_create(&member->thread, 0, work, member) != 0) {
      end(team, i);
      return;
    }
  }
  slot[0] = team;
}

/* Ends the team in slot[0]; no loop may be running. */
void close_team(void **slot) {
  struct team *team = slot[0];
  end(team, team->threads - 1);
  slot[0] = 0;
}
`;

/** Threads that were started. */
export interface Team {
  readonly threads: number;
  /** Address of the team, for generated code. */
  readonly address: bigint;
  /** Ends the threads. */
  close(): void;
}

/** Starts threads, the caller counted among them. Throws `capability` if the system gives no more. */
export async function openTeam(source: ObjectSource, threads: number): Promise<Team> {
  const object = await buildObject(source, { text, files: () => [text] });
  const slot = new BigUint64Array(new ArrayBuffer(8));
  const at = source.foreign.address(slot.buffer);
  slot[0] = BigInt(threads);
  object.entry('open_team')(at);
  const [address = 0n] = slot;
  if (address === 0n) {
    object.unload();
    throw new RheoError('capability', {
      from: '@rheo/backend-native',
      what: `the system does not start ${threads} threads`,
      where: 'threads',
      remedy: 'Ask for fewer',
    });
  }
  return {
    threads,
    address,
    close: () => {
      // Written once more, so that the memory behind the address is held until then.
      slot[0] = address;
      object.entry('close_team')(at);
      object.unload();
    },
  };
}
