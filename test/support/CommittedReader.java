// A reader that is not kafkajs: Kafka's own Java consumer, read_committed, from the beginning of each
// partition to the last stable offset at the start. One JSON line per record; bytes as base64.
//
//   java -cp "<kafka jars>/*" CommittedReader.java <brokers> <topic>...

import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class CommittedReader {
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
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
            Map<TopicPartition, Long> open = new HashMap<>(consumer.endOffsets(partitions));
            open.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            while (!open.isEmpty()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    out.write(line(record));
                    out.newLine();
                }
                open.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            }
        }
        out.flush();
    }

    private static String line(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder text = new StringBuilder("{\"topic\":\"").append(record.topic())
            .append("\",\"partition\":").append(record.partition())
            .append(",\"offset\":").append(record.offset())
            .append(",\"timestamp\":").append(record.timestamp())
            .append(",\"key\":").append(base64(record.key()))
            .append(",\"value\":").append(base64(record.value()))
            .append(",\"headers\":{");
        String comma = "";
        for (Header header : record.headers()) {
            text.append(comma).append('"').append(header.key()).append("\":")
                .append(base64(header.value()));
            comma = ",";
        }
        return text.append("}}").toString();
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? "null" : '"' + Base64.getEncoder().encodeToString(bytes) + '"';
    }
}
