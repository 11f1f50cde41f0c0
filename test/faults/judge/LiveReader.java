// Reads topics with Kafka's own Java consumer, read_committed, while they are written: from the beginning,
// until stdin ends, then on to the last stable offset of that moment. One line per record: topic, partition,
// offset and the MD5 of its value ("-" for none).
//
//   java -cp "<kafka jars>/*" LiveReader.java <brokers> <topic>...

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class LiveReader {
    private static volatile boolean ending;

    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("fetch.max.wait.ms", "1000");
        settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
        Thread watch = new Thread(LiveReader::awaitEnd);
        watch.setDaemon(true);
        watch.start();
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        BufferedWriter out = new BufferedWriter(
            new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int i = 1; i < args.length; i++) {
                for (var info : consumer.partitionsFor(args[i])) {
                    partitions.add(new TopicPartition(info.topic(), info.partition()));
                }
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> open = null;
            while (open == null || !open.isEmpty()) {
                if (ending && open == null) open = new HashMap<>(consumer.endOffsets(partitions));
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    out.write(record.topic() + " " + record.partition() + " " + record.offset()
                        + " " + digest(md5, record.value()));
                    out.newLine();
                }
                if (open == null) continue;
                open.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            }
        }
        out.flush();
        System.exit(0);
    }

    private static void awaitEnd() {
        try {
            while (System.in.read() >= 0) continue;
        } catch (IOException error) {
            // The caller is gone: that is an end too.
        }
        ending = true;
    }

    private static String digest(MessageDigest md5, byte[] value) {
        if (value == null) return "-";
        return String.format("%032x", new BigInteger(1, md5.digest(value)));
    }
}
