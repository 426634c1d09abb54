# Shortcuts for scripts that also work without make.
.PHONY: demo test commands fuzz soak tsan clients format lint

demo:
	examples/demo.sh

test:
	Tests/run.sh

# The help of every verb as a document.
commands:
	swift build
	Tests/commands.sh > docs/COMMANDS.md

# Ten million JSON texts compared with Foundation's parser, then ten minutes per fuzzer, with the address sanitizer;
# `make fuzz SECONDS_EACH=60` for less.
fuzz:
	Fuzz/run.sh $(SECONDS_EACH)

# Kills a recorder 200 times under load and reports progress; the tests do it 20 times. Failed runs are kept.
soak:
	swift build --build-tests
	FEEDREC_KILLS=200 FEEDREC_KEEP=1 swift test --skip-build --disable-xctest --no-parallel --filter KillTests

# The transport's tests under the thread sanitizer, which does not understand the standard library's Mutex.
tsan:
	swift build --build-tests --scratch-path .build-tsan --sanitize=thread -Xswiftc -DFEEDREC_TSAN
	swift test --skip-build --scratch-path .build-tsan --sanitize=thread -Xswiftc -DFEEDREC_TSAN --disable-xctest \
		--no-parallel --filter TransportTests

# The tests with a venue's own client from PyPI, in an environment of their own.
clients:
	Tests/clients.sh

format:
	swift format --in-place --recursive Package.swift Sources Tests Migrations Fuzz/Package.swift

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Migrations Fuzz/Package.swift
