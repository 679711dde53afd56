#include "host_metrics/proc.hpp"

#include <gtest/gtest.h>

namespace host_metrics {
namespace {

TEST(Stat, ReadsEachCoreAndLeavesOutTheSum) {
  const auto cpus = parse_stat(
      "cpu  2255 34 2290 22625563 6290 127 456 9 0 0\n"
      "cpu0 1132 34 1441 11311718 3675 127 438 7 0 0\n"
      "cpu1 1123 0 849 11313845 2614 0 18 2 0 0\n"
      "intr 114930548 113199788 3 0 5\n"
      "ctxt 1990473\n");
  ASSERT_EQ(cpus.size(), 2U);
  EXPECT_EQ(cpus[0].core, "cpu0");
  EXPECT_EQ(cpus[0].ticks, (std::array<std::uint64_t, 8>{1132, 34, 1441, 11311718, 3675, 127, 438, 7}));
  EXPECT_EQ(cpus[1].core, "cpu1");
  EXPECT_EQ(cpus[1].ticks[7], 2U);
}

TEST(Stat, LeavesOutLinesThatAreShortOrNoNumbers) {
  EXPECT_TRUE(parse_stat("").empty());
  EXPECT_TRUE(parse_stat("cpu0 1 2 3 4 5 6 7\n").empty());
  EXPECT_TRUE(parse_stat("cpu0 1 2 3 4 5 6 7 x\n").empty());
  EXPECT_EQ(parse_stat("cpu0 1 2 3 4 5 6 7 8").size(), 1U);  // No newline at the end.
}

TEST(Meminfo, ReadsKibibytesAsBytes) {
  const auto memory = parse_meminfo(
      "MemTotal:        8127424 kB\n"
      "MemAvailable:    6953068 kB\n"
      "Active(anon):       1064 kB\n"
      "HugePages_Total:       0\n");
  EXPECT_EQ(memory.size(), 3U);
  EXPECT_EQ(memory.at("MemTotal"), 8127424ULL * 1024);
  EXPECT_EQ(memory.at("Active(anon)"), 1064ULL * 1024);
}

TEST(Diskstats, ReadsSectorsAsBytesAndLeavesOutLoopDevices) {
  const auto disks = parse_diskstats(
      "   7       0 loop0 15 0 28 1 0 0 0 0 0 4 1 0 0 0 0 0 0\n"
      " 254       0 vda 85125 1021 6173866 22540 33151 30145 4114152 37111 0 41028 59652 0 0 0 0 0 0\n"
      " 259       0 nvme0n1 10 0 80 4 20 0 160 8 1 12 12\n"
      "   8       0 sda 10 0 80 4 20 0 160 8 1\n");
  ASSERT_EQ(disks.size(), 2U);
  EXPECT_EQ(disks[0].device, "vda");
  EXPECT_EQ(disks[0].read_bytes, 6173866ULL * 512);
  EXPECT_EQ(disks[0].written_bytes, 4114152ULL * 512);
  EXPECT_EQ(disks[0].busy_ms, 41028U);
  EXPECT_EQ(disks[1].device, "nvme0n1");
}

TEST(NetDev, ReadsBytesOfBothDirections) {
  const auto interfaces = parse_net_dev(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
      "compressed\n"
      "    lo:  123456     789    0    0    0     0          0         0   123456     789    0    0    0     0       0 "
      "         0\n"
      "  eth0:98765432   65432    0    0    0     0          0         0  1234567    8901    0    0    0     0       0 "
      "         0\n");
  ASSERT_EQ(interfaces.size(), 2U);
  EXPECT_EQ(interfaces[1].name, "eth0");  // No space between the colon and a long number.
  EXPECT_EQ(interfaces[1].received_bytes, 98765432U);
  EXPECT_EQ(interfaces[1].sent_bytes, 1234567U);
}

TEST(Loadavg, ReadsThreeAveragesOrNothing) {
  EXPECT_EQ(parse_loadavg("0.21 1.05 12.50 2/412 12345\n"), (std::array<double, 3>{0.21, 1.05, 12.5}));
  EXPECT_FALSE(parse_loadavg("0.21 1.05"));
  EXPECT_FALSE(parse_loadavg("a b c"));
  EXPECT_FALSE(parse_loadavg(""));
}

TEST(ProcessStat, ReadsNamesWithSpacesAndParentheses) {
  const auto process = parse_process_stat(
      "4242 (a) (b c) S 1 4242 4242 0 -1 4194560 100 200 0 0 17 25 1 2 20 0 1 0 300 4096 50 18446744073709551615\n");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid, 4242U);
  EXPECT_EQ(process->comm, "a) (b c");
  EXPECT_EQ(process->ticks, 42U);
}

TEST(ProcessStat, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_process_stat(""));
  EXPECT_FALSE(parse_process_stat("1 (init"));
  EXPECT_FALSE(parse_process_stat("1 ) ("));
  EXPECT_FALSE(parse_process_stat("x (init) S 1 1 1 0 -1 0 0 0 0 0 1 1"));
  EXPECT_FALSE(parse_process_stat("1 (init) S 1 1 1 0 -1 0 0 0 0 0 1"));
  EXPECT_TRUE(parse_process_stat("1 (init) S 1 1 1 0 -1 0 0 0 0 0 1 1"));
}

TEST(DimensionValue, IsNeverEmptyNorUnprintable) {
  EXPECT_EQ(as_dimension_value("kworker/0:1"), "kworker/0:1");
  EXPECT_EQ(as_dimension_value("a\n\xff\x7f"), "a???");
  EXPECT_EQ(as_dimension_value(""), "?");
  EXPECT_EQ(as_dimension_value(std::string(300, 'x')).size(), 256U);
}

}  // namespace
}  // namespace host_metrics
