package io.atomicmapping.dirty;

/** Keeps what one thread writes apart from the line of another's and from the line prefetched with that. */
@SuppressWarnings("unused")
abstract class StripePadding {
    private long a;
    private long b;
    private long c;
    private long d;
    private long e;
    private long f;
    private long g;
    private long h;
    private long i;
    private long j;
    private long k;
    private long l;
    private long m;
    private long n;
    private long o;
    private long p;
}
