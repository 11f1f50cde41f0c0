// Looks at and changes a Kafka cluster with Kafka's own clients: who leads, who coordinates, what is
// under-replicated; writes a record byte for byte; adds partitions. One command per line on stdin, one
// JSON object per line on stdout. Binary arguments are base64; "-" is null, "0" is empty.
//
//   java -cp "<kafka jars>/*" ClusterTool.java <brokers>

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class ClusterTool {
    private static final Base64.Decoder DECODER = Base64.getDecoder();
    private static final long PATIENCE_S = 10;

    private final String brokers;
    private final Admin admin;
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

    private ClusterTool(String brokers) {
        this.brokers = brokers;
        Properties settings = new Properties();
        settings.put("bootstrap.servers", brokers);
        settings.put("request.timeout.ms", "4000");
        settings.put("default.api.timeout.ms", "8000");
        settings.put("reconnect.backoff.max.ms", "500");
        this.admin = Admin.create(settings);
    }

    public static void main(String[] args) throws Exception {
        ClusterTool tool = new ClusterTool(args[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(tool.answer(line.split(" ")));
            System.out.flush();
        }
        // Open clients must not keep a tool alive whose caller is gone.
        System.exit(0);
    }

    private String answer(String[] words) {
        try {
            switch (words[0]) {
                case "roles": return roles(words[1], words[2], words[3]);
                case "replicas": return replicas();
                case "open": return open(words);
                case "send": return send(words);
                case "grow": return grow(words[1], Integer.parseInt(words[2]));
                default: return "{\"error\":\"unknown command\"}";
            }
        } catch (ExecutionException error) {
            return "{\"error\":\"" + error.getCause().getClass().getSimpleName() + "\"}";
        } catch (Exception error) {
            return "{\"error\":\"" + error.getClass().getSimpleName() + "\"}";
        }
    }

    private String roles(String topic, String group, String transactionalId) throws Exception {
        int controller = admin.describeMetadataQuorum().quorumInfo()
            .get(PATIENCE_S, TimeUnit.SECONDS).leaderId();
        int leader = admin.describeTopics(List.of(topic)).topicNameValues().get(topic)
            .get(PATIENCE_S, TimeUnit.SECONDS).partitions().get(0).leader().id();
        int ofGroup = admin.describeConsumerGroups(List.of(group)).describedGroups().get(group)
            .get(PATIENCE_S, TimeUnit.SECONDS).coordinator().id();
        int ofTransaction = admin.describeTransactions(List.of(transactionalId))
            .description(transactionalId).get(PATIENCE_S, TimeUnit.SECONDS).coordinatorId();
        return "{\"controller\":" + controller + ",\"leader\":" + leader
            + ",\"group\":" + ofGroup + ",\"transaction\":" + ofTransaction + "}";
    }

    private String replicas() throws Exception {
        int partitions = 0;
        int missing = 0;
        var names = admin.listTopics().names().get(PATIENCE_S, TimeUnit.SECONDS);
        var described = admin.describeTopics(names).allTopicNames().get(PATIENCE_S, TimeUnit.SECONDS);
        for (var topic : described.values()) {
            for (var partition : topic.partitions()) {
                partitions++;
                if (partition.isr().size() < partition.replicas().size()) missing++;
            }
        }
        return "{\"partitions\":" + partitions + ",\"underReplicated\":" + missing + "}";
    }

    /** Records behind the last stable offset: of transactions nobody has decided. */
    private String open(String[] words) throws Exception {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        var topics = admin.describeTopics(List.of(words).subList(1, words.length))
            .allTopicNames().get(PATIENCE_S, TimeUnit.SECONDS);
        for (var topic : topics.values()) {
            for (var partition : topic.partitions()) {
                latest.put(new TopicPartition(topic.name(), partition.partition()),
                    OffsetSpec.latest());
            }
        }
        long undecided = 0;
        var all = admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
            .all().get(PATIENCE_S, TimeUnit.SECONDS);
        var stable = admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
            .all().get(PATIENCE_S, TimeUnit.SECONDS);
        for (var end : all.entrySet()) {
            undecided += end.getValue().offset() - stable.get(end.getKey()).offset();
        }
        return "{\"undecided\":" + Math.max(0, undecided) + "}";
    }

    private String send(String[] words) throws Exception {
        List<Header> headers = new ArrayList<>();
        for (int i = 7; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            headers.add(new RecordHeader(words[i].substring(0, equals),
                bytes(words[i].substring(equals + 1))));
        }
        Long timestamp = words[4].equals("-") ? null : Long.valueOf(words[4]);
        // Its constructor refuses a timestamp of -1; the producer itself sends it.
        var record = new ProducerRecord<byte[], byte[]>(words[1], Integer.valueOf(words[2]),
            bytes(words[5]), bytes(words[6]), headers) {
            @Override
            public Long timestamp() {
                return timestamp;
            }
        };
        var written = producer(words[3]).send(record).get(60, TimeUnit.SECONDS);
        return "{\"partition\":" + written.partition() + ",\"offset\":" + written.offset() + "}";
    }

    private KafkaProducer<byte[], byte[]> producer(String compression) {
        return producers.computeIfAbsent(compression, name -> {
            Properties settings = new Properties();
            settings.put("bootstrap.servers", brokers);
            settings.put("acks", "all");
            settings.put("enable.idempotence", "true");
            settings.put("compression.type", name);
            settings.put("max.request.size", "8000000");
            settings.put("delivery.timeout.ms", "60000");
            settings.put("request.timeout.ms", "5000");
            settings.put("key.serializer", ByteArraySerializer.class.getName());
            settings.put("value.serializer", ByteArraySerializer.class.getName());
            return new KafkaProducer<>(settings);
        });
    }

    private String grow(String topic, int partitions) throws Exception {
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all()
            .get(PATIENCE_S, TimeUnit.SECONDS);
        return "{\"partitions\":" + partitions + "}";
    }

    private static byte[] bytes(String text) {
        if (text.equals("-")) return null;
        return text.equals("0") ? new byte[0] : DECODER.decode(text);
    }
}
