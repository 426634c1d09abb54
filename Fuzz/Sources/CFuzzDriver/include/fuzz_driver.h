/* Starts a fuzzer; see fuzz_driver.c. */
