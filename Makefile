# Shortcuts; the scripts do the work and need no make.
.PHONY: demo test format lint

demo:
	examples/demo.sh

test:
	Tests/run.sh

format:
	swift format --in-place --recursive Package.swift Sources Tests Migrations

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Migrations
