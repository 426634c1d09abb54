/* Begins the run of a fuzzer; see fuzz_driver.c. */
