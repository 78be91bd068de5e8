// Test bench of network '@NAME@', written by qonnx-mlir.
//
// Without arguments it runs the golden vectors of tb_data/ and returns 1 on any difference, be it one bit: of an
// output, or of an integer tensor on the way, if the simulation shows it (co-simulation shows none of the hardware).
// With `--run SAMPLES IN... OUT... TRACE` it reads the inputs from files of raw little-endian floats, writes the
// outputs so, and to TRACE one line `key<TAB>integers` for each tensor on the way and an empty one for each sample.
#include "firmware/trace.h"
#include "host/@NAME@_host.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

typedef std::vector<float> Floats;
using qonnx_trace::Tensors;

static const size_t in_sizes[] = {@IN@};
static const size_t out_sizes[] = {@OUT@};
static const size_t inputs = @INPUTS@, outputs = @OUTPUTS@;

static void run(const std::vector<Floats> &in, std::vector<Floats> &out, Tensors &integers) {
    out.clear();
    integers.clear();
    for (size_t i = 0; i < outputs; ++i) out.push_back(Floats(out_sizes[i]));
    qonnx_trace::sink() = &integers;
    @NAME@_host(@ARGUMENTS@);
    qonnx_trace::sink() = 0;
}

static bool same(float a, float b) { return (a != a && b != b) || std::memcmp(&a, &b, sizeof a) == 0; }

static std::string number(size_t n) {
    std::ostringstream text;
    text << n;
    return text.str();
}

// One sample for each line.
static std::vector<Floats> read_lines(const std::string &path) {
    std::vector<Floats> samples;
    std::ifstream file(path.c_str());
    for (std::string line; std::getline(file, line);) {
        Floats values;
        std::istringstream words(line);
        for (std::string word; words >> word;) values.push_back(std::strtof(word.c_str(), 0));
        samples.push_back(values);
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
    std::vector<std::vector<Floats> > in, out;
    for (size_t i = 0; i < inputs; ++i) in.push_back(read_lines("tb_data/in" + number(i) + ".dat"));
    for (size_t i = 0; i < outputs; ++i) out.push_back(read_lines("tb_data/out" + number(i) + ".dat"));
    std::vector<Tensors> integers = read_integers("tb_data/integers.dat");
    const size_t samples = out.empty() ? 0 : out[0].size();
    integers.resize(samples);
    size_t wrong = 0, compared = 0;
    for (size_t sample = 0; sample < samples; ++sample) {
        std::vector<Floats> x, y;
        Tensors found;
        for (size_t i = 0; i < inputs; ++i) {
            if (in[i].size() <= sample || in[i][sample].size() != in_sizes[i]) {
                std::cerr << "tb_data/in" << i << ".dat: sample " << sample << " is missing or of the wrong size\n";
                return 1;
            }
            x.push_back(in[i][sample]);
        }
        run(x, y, found);
        wrong += compare_integers(sample, integers[sample], found, compared);
        for (size_t i = 0; i < outputs; ++i)
            for (size_t at = 0; at < out_sizes[i]; ++at) {
                const bool there = sample < out[i].size() && at < out[i][sample].size();
                if (there && same(y[i][at], out[i][sample][at])) continue;
                if (wrong++ < 10)
                    std::cerr << "sample " << sample << ", output " << i << ", element " << at << ": got " << y[i][at]
                              << ", expected " << (there ? out[i][sample][at] : 0.0f) << "\n";
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
        std::vector<Floats> x, y;
        Tensors integers;
        for (size_t i = 0; i < inputs; ++i) {
            x.push_back(Floats(in_sizes[i]));
            if (std::fread(x[i].data(), sizeof(float), in_sizes[i], files[i]) != in_sizes[i]) {
                std::cerr << argv[3 + i] << ": is too short\n";
                return 1;
            }
        }
        run(x, y, integers);
        for (size_t i = 0; i < outputs; ++i)
            std::fwrite(y[i].data(), sizeof(float), out_sizes[i], files[inputs + i]);
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
