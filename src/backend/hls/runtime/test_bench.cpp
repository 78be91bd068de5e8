// Test bench of network '@NAME@', written by qonnx-mlir.
//
// Without arguments it runs the golden vectors of tb_data/ and returns 1 on any difference, be it one bit: of an
// output, or of an integer tensor on the way, if the simulation shows it (co-simulation shows none of the hardware).
// With `--run SAMPLES IN... OUT... TRACE` it reads the inputs from files of raw elements in the byte order of this machine,
// writes the outputs so, and to TRACE one line `key<TAB>integers` for each tensor on the way and an empty one for each sample.
#include "firmware/trace.h"
#include "host/@NAME@_host.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

using qonnx_trace::Tensors;

@ARRAYS@static @WORKSPACE@ workspace;

enum Kind { F32, F64, SIGNED, UNSIGNED };

// An input or output: its elements, how many, how large and of which kind.
struct Port {
    void *data;
    size_t count, size;
    Kind kind;
};

static const size_t inputs = @INPUTS@, outputs = @OUTPUTS@;
static const Port ins[] = {
@INS@    {0, 0, 0, F32}};
static const Port outs[] = {
@OUTS@    {0, 0, 0, F32}};

static void run(Tensors &integers) {
    integers.clear();
    qonnx_trace::sink() = &integers;
    @ENTRY@(@ARGUMENTS@);
    qonnx_trace::sink() = 0;
}

static char *element(const Port &port, size_t at) { return static_cast<char *>(port.data) + at * port.size; }

// Writes the number that a word says as an element of a port.
static void parse(const Port &port, const char *word, char *element) {
    if (port.kind == F32) {
        const float value = std::strtof(word, 0);
        std::memcpy(element, &value, sizeof value);
        return;
    }
    if (port.kind == F64) {
        const double value = std::strtod(word, 0);
        std::memcpy(element, &value, sizeof value);
        return;
    }
    const uint64_t value = uint64_t(std::strtoll(word, 0, 10));
    const uint8_t byte = uint8_t(value);
    const uint16_t two = uint16_t(value);
    const uint32_t four = uint32_t(value);
    if (port.size == 1) std::memcpy(element, &byte, 1);
    if (port.size == 2) std::memcpy(element, &two, 2);
    if (port.size == 4) std::memcpy(element, &four, 4);
    if (port.size == 8) std::memcpy(element, &value, 8);
}

// Whether two elements are one number, bit for bit; NaN is NaN.
static bool same(const Port &port, const char *a, const char *b) {
    if (std::memcmp(a, b, port.size) == 0) return true;
    float x, y;
    double v, w;
    if (port.kind == F32) {
        std::memcpy(&x, a, sizeof x);
        std::memcpy(&y, b, sizeof y);
        return x != x && y != y;
    }
    if (port.kind == F64) {
        std::memcpy(&v, a, sizeof v);
        std::memcpy(&w, b, sizeof w);
        return v != v && w != w;
    }
    return false;
}

// An element as people read it.
static std::string shown(const Port &port, const char *element) {
    std::ostringstream text;
    text.precision(17);
    float x;
    double v;
    int64_t n = 0;
    if (port.kind == F32) {
        std::memcpy(&x, element, sizeof x);
        text << x;
    } else if (port.kind == F64) {
        std::memcpy(&v, element, sizeof v);
        text << v;
    } else {
        for (size_t byte = port.size; byte-- > 0;) {
            const unsigned char bits = static_cast<unsigned char>(element[byte]);
            n = byte + 1 == port.size && port.kind == SIGNED ? static_cast<signed char>(bits) : n * 256 + bits;
        }
        text << n;
    }
    return text.str();
}

static std::string number(size_t n) {
    std::ostringstream text;
    text << n;
    return text.str();
}

// The words of a line for each sample.
typedef std::vector<std::string> Words;
static std::vector<Words> read_lines(const std::string &path) {
    std::vector<Words> samples;
    std::ifstream file(path.c_str());
    for (std::string line; std::getline(file, line);) {
        Words words;
        std::istringstream stream(line);
        for (std::string word; stream >> word;) words.push_back(word);
        samples.push_back(words);
    }
    return samples;
}

// The integers of each sample, which an empty line ends.
static std::vector<Tensors> read_integers(const std::string &path) {
    std::vector<Tensors> samples(1);
    std::ifstream file(path.c_str());
    for (std::string line; std::getline(file, line);) {
        const size_t tab = line.find('\t');
        if (tab == std::string::npos) {
            samples.push_back(Tensors());
            continue;
        }
        qonnx_trace::Tensor tensor;
        tensor.key = std::strtoul(line.c_str(), 0, 10);
        std::istringstream words(line.substr(tab + 1));
        for (long long word; words >> word;) tensor.values.push_back(word);
        samples.back().push_back(tensor);
    }
    return samples;
}

// Differences between a sample's integers and the golden ones that the simulation shows.
static size_t compare_integers(size_t sample, const Tensors &golden, const Tensors &found, size_t &compared) {
    size_t wrong = 0;
    for (size_t i = 0; i < golden.size(); ++i)
        for (size_t k = found.size(); k-- > 0;) {
            if (found[k].key != golden[i].key) continue;
            ++compared;
            if (found[k].values == golden[i].values) break;
            ++wrong;
            std::cerr << "sample " << sample << ", node '" << found[k].name << "': other integers than expected\n";
            break;
        }
    return wrong;
}

static int check() {
    std::vector<std::vector<Words> > in, out;
    for (size_t i = 0; i < inputs; ++i) in.push_back(read_lines("tb_data/in" + number(i) + ".dat"));
    for (size_t i = 0; i < outputs; ++i) out.push_back(read_lines("tb_data/out" + number(i) + ".dat"));
    std::vector<Tensors> integers = read_integers("tb_data/integers.dat");
    const size_t samples = out.empty() ? 0 : out[0].size();
    integers.resize(samples);
    size_t wrong = 0, compared = 0;
    for (size_t sample = 0; sample < samples; ++sample) {
        Tensors found;
        for (size_t i = 0; i < inputs; ++i) {
            if (in[i].size() <= sample || in[i][sample].size() != ins[i].count) {
                std::cerr << "tb_data/in" << i << ".dat: sample " << sample << " is missing or of the wrong size\n";
                return 1;
            }
            for (size_t at = 0; at < ins[i].count; ++at)
                parse(ins[i], in[i][sample][at].c_str(), element(ins[i], at));
        }
        run(found);
        wrong += compare_integers(sample, integers[sample], found, compared);
        for (size_t i = 0; i < outputs; ++i)
            for (size_t at = 0; at < outs[i].count; ++at) {
                const bool there = sample < out[i].size() && at < out[i][sample].size();
                char expected[8];
                if (there) parse(outs[i], out[i][sample][at].c_str(), expected);
                if (there && same(outs[i], element(outs[i], at), expected)) continue;
                if (wrong++ < 10)
                    std::cerr << "sample " << sample << ", output " << i << ", element " << at << ": got "
                              << shown(outs[i], element(outs[i], at)) << ", expected "
                              << (there ? out[i][sample][at] : "no such element") << "\n";
            }
    }
    if (samples == 0) {
        std::cerr << "tb_data holds no samples\n";
        return 1;
    }
    std::cout << samples << " samples, " << compared << " integer tensors compared, " << wrong
              << " differences: " << (wrong ? "FAILED" : "passed") << "\n";
    return wrong ? 1 : 0;
}

static int run_files(int argc, char **argv) {
    const size_t samples = std::strtoul(argv[2], 0, 10);
    std::ofstream trace(argv[argc - 1]);
    std::vector<std::FILE *> files;
    for (int i = 3; i < argc - 1; ++i) {
        std::FILE *file = std::fopen(argv[i], size_t(i - 3) < inputs ? "rb" : "wb");
        if (!file) {
            std::cerr << argv[i] << ": cannot be opened\n";
            return 1;
        }
        files.push_back(file);
    }
    for (size_t sample = 0; sample < samples; ++sample) {
        Tensors integers;
        for (size_t i = 0; i < inputs; ++i)
            if (std::fread(ins[i].data, ins[i].size, ins[i].count, files[i]) != ins[i].count) {
                std::cerr << argv[3 + i] << ": is too short\n";
                return 1;
            }
        run(integers);
        for (size_t i = 0; i < outputs; ++i)
            std::fwrite(outs[i].data, outs[i].size, outs[i].count, files[inputs + i]);
        for (size_t i = 0; i < integers.size(); ++i) {
            const std::vector<int64_t> &values = integers[i].values;
            trace << integers[i].key << '\t';
            for (size_t at = 0; at < values.size(); ++at) trace << values[at] << ' ';
            trace << '\n';
        }
        trace << '\n';
    }
    for (size_t i = 0; i < files.size(); ++i) std::fclose(files[i]);
    return trace.good() ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == int(4 + inputs + outputs) && std::string(argv[1]) == "--run") return run_files(argc, argv);
    if (argc == 1) return check();
    std::cerr << "usage: " << argv[0] << " [--run SAMPLES IN... OUT... TRACE]\n";
    return 2;
}
