# Shortcuts; the scripts do the work and need no make.
.PHONY: demo test fuzz format lint

demo:
	examples/demo.sh

test:
	Tests/run.sh

# Ten minutes for each fuzzer, with the address sanitizer; `make fuzz SECONDS_EACH=60` for less.
fuzz:
	Fuzz/run.sh $(SECONDS_EACH)

format:
	swift format --in-place --recursive Package.swift Sources Tests Migrations Fuzz/Package.swift

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Migrations Fuzz/Package.swift
