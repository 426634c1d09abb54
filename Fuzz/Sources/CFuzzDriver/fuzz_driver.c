#include "fuzz_driver.h"

#include <stddef.h>
#include <stdint.h>

/*
 * SwiftPM links an executable X with main = X_main, so libFuzzer's own main is not used. These functions replace it,
 * one per fuzzer; each executable calls its own and contains the only LLVMFuzzerTestOneInput.
 */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(int argc, char **argv) { return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput); }

int FuzzHandshake_main(int argc, char **argv) { return run(argc, argv); }
int FuzzFrames_main(int argc, char **argv) { return run(argc, argv); }
int FuzzDeflate_main(int argc, char **argv) { return run(argc, argv); }
int FuzzJournal_main(int argc, char **argv) { return run(argc, argv); }
int FuzzBlocks_main(int argc, char **argv) { return run(argc, argv); }
int FuzzHubRecords_main(int argc, char **argv) { return run(argc, argv); }
int FuzzHubMessagePack_main(int argc, char **argv) { return run(argc, argv); }
int FuzzPages_main(int argc, char **argv) { return run(argc, argv); }
