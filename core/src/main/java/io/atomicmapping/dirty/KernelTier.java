package io.atomicmapping.dirty;

/** How stores through a writable segment are found: the best way that the kernel has and allows. */
public enum KernelTier {
    /** async userfaultfd(2) write-protection, PAGEMAP_SCAN: Linux 6.7. Cost follows the pages stored to. */
    WRITE_PROTECTION,
    /** pagemap tells the private pages, each is compared with home. Cost follows the pages ever stored to. */
    PRIVATE_PAGES,
    /** every page is compared with home. */
    COMPARE_ALL;

    /** The system property that forces a tier, by its name: for tests, and for kernels that lie. */
    public static final String PROPERTY = "io.atomicmapping.kernelTier";

    /**
     * The tier that the property asks for.
     *
     * @return the tier to begin with; a worse one may have to do
     */
    static KernelTier wanted() {
        String name = System.getProperty(PROPERTY);
        return name == null ? WRITE_PROTECTION : valueOf(name);
    }
}
