# `make csim` compiles the network with g++ and checks it against the golden vectors, from whatever folder it is called.
# AP_TYPES is the folder with ap_int.h: part of Vitis HLS, and of the hls4ml package.
export AP_TYPES_FOUND := @FOUND@
export QONNX_MAKEFILE := $(MAKEFILE_LIST)

ifndef QONNX_IN_PLACE

# Paths are relative to the folder of this file, so that is where the work is done.
.PHONY: csim clean @NAME@_test
csim clean @NAME@_test:
	@types="$${AP_TYPES:-$${HLS_AP_TYPES:-$$AP_TYPES_FOUND}}"; \
	case "$$types" in ''|/*) ;; *) types="$$PWD/$$types" ;; esac; \
	file="$${QONNX_MAKEFILE# }"; export QONNX_AP_TYPES="$$types"; \
	cd -- "$$(dirname -- "$$file")" && \
	$(MAKE) --no-print-directory -f "$$(basename -- "$$file")" QONNX_IN_PLACE=yes $@

else

CFLAGS ?= -O1
override CFLAGS += -std=c99
CXX ?= g++
CXXFLAGS ?= -O1
override CXXFLAGS += -std=c++14 -ffp-contract=off -Wno-unknown-pragmas -Wno-unused-label

HOST := @HOST@
SOURCES := @SOURCES@
HEADERS := @HEADERS@

.PHONY: csim clean
csim: @NAME@_test
	./@NAME@_test

.PHONY: ap_types
ap_types:
	@test -f "$$QONNX_AP_TYPES/ap_int.h" || { echo 'ap_int.h is missing: make csim AP_TYPES=FOLDER with the headers of Vitis HLS (include) or of the Python package hls4ml (templates/vivado/ap_types)'; exit 1; }

@NAME@_host.o: $(HOST) $(HEADERS) Makefile | ap_types
	$(CC) $(CFLAGS) -c $(HOST) -o $@

@NAME@_test: $(SOURCES) @NAME@_host.o $(HEADERS) Makefile | ap_types
	$(CXX) $(CXXFLAGS) -I"$$QONNX_AP_TYPES" $(SOURCES) @NAME@_host.o -lm -o $@

clean:
	rm -f @NAME@_test @NAME@_host.o

endif
