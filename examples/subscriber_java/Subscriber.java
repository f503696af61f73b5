import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads every event of a house, proves that none is missing or altered, and says what it saw.
 *
 * <p>java -cp 'lib/*' Subscriber.java HOST:PORT HOUSE, where lib has kafka-clients and what it needs.
 *
 * <p>A stranger's program: it knows the contract (docs/contracts) and nothing else of the engine. It
 * reads the events topic from its beginning to where its ends were at the start, checks each event's
 * seal and the chain of each dossier, drops what came twice, and prints one line of JSON. Exit status
 * 1 when something is missing or altered, 2 when there is no such topic.
 */
public class Subscriber {
    static final String FIRST = "0".repeat(64);

    /** The last event of a dossier that is known. */
    record Last(long version, String hash) {}

    record Gap(String dossier, long from, long to) implements Comparable<Gap> {
        public int compareTo(Gap other) {
            int order = dossier.compareTo(other.dossier);
            return order != 0 ? order : Long.compare(from, other.from);
        }

        public String toString() {
            return "[" + quoted(dossier) + ", " + from + ", " + to + "]";
        }
    }

    record Broken(String dossier, long version, String why) implements Comparable<Broken> {
        public int compareTo(Broken other) {
            int order = dossier.compareTo(other.dossier);
            order = order != 0 ? order : Long.compare(version, other.version);
            return order != 0 ? order : why.compareTo(other.why);
        }

        public String toString() {
            return "[" + quoted(dossier) + ", " + version + ", " + quoted(why) + "]";
        }
    }

    final Map<String, Last> last = new HashMap<>();
    final Map<String, Long> types = new TreeMap<>();
    final TreeSet<Gap> gaps = new TreeSet<>();
    final TreeSet<Broken> broken = new TreeSet<>();
    long duplicates = 0;

    void see(ConsumerRecord<byte[], byte[]> message) throws GeneralSecurityException {
        Map<String, String> head = new HashMap<>();
        for (Header each : message.headers()) {
            byte[] text = each.value() == null ? new byte[0] : each.value();
            head.put(each.key(), new String(text, StandardCharsets.UTF_8));
        }
        String dossier = head.get("ce_subject");
        long version;
        String sealed;
        try {
            version = Long.parseLong(text(head, "ce_streamversion"));
            sealed = seal(head, message.value() == null ? new byte[0] : message.value());
            text(head, "ce_streamhash");
        } catch (IllegalArgumentException | DateTimeException strange) {
            broken.add(new Broken("", 0, "it is not of this contract"));
            return;
        }
        if (!sealed.equals(head.get("ce_streamhash"))) {
            broken.add(new Broken(dossier, version, "it is not what was sealed"));
            return;
        }
        Last known = last.getOrDefault(dossier, new Last(0, FIRST));
        if (version <= known.version()) {
            duplicates++;
            return;
        }
        if (version > known.version() + 1) {
            gaps.add(new Gap(dossier, known.version() + 1, version - 1));
        } else if (!head.get("ce_previoushash").equals(known.hash())) {
            broken.add(new Broken(dossier, version, "it does not follow the event before"));
        }
        last.put(dossier, new Last(version, sealed));
        types.merge(head.get("ce_type"), 1L, Long::sum);
    }

    /** SHA-256 over the lines that the contract lists, and the bytes of the value. */
    static String seal(Map<String, String> head, byte[] value) throws GeneralSecurityException {
        String schema = text(head, "ce_dataschema");
        List<String> lines = List.of(
                text(head, "ce_previoushash"),
                text(head, "ce_subject"),
                text(head, "ce_streamversion"),
                text(head, "ce_type"),
                schema.substring(schema.lastIndexOf(':') + 1),
                text(head, "ce_id").replace("-", ""),
                text(head, "ce_commandid").replace("-", ""),
                text(head, "ce_correlationid").replace("-", ""),
                text(head, "ce_actor"),
                text(head, "ce_agency"),
                head.getOrDefault("ce_onbehalf", ""),
                Long.toString(micros(text(head, "ce_time"))),
                Long.toString(micros(text(head, "ce_recordedtime"))));
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (String line : lines) {
            digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest(value));
    }

    static String text(Map<String, String> head, String name) {
        String found = head.get(name);
        if (found == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return found;
    }

    static long micros(String moment) {
        Instant at = Instant.parse(moment);
        return at.getEpochSecond() * 1_000_000 + at.getNano() / 1_000;
    }

    String summary() {
        String counts = types.entrySet().stream()
                .map(each -> quoted(each.getKey()) + ": " + each.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
        long events = types.values().stream().mapToLong(Long::longValue).sum();
        return "{\"events\": " + events + ", \"dossiers\": " + last.size() + ", \"duplicates\": "
                + duplicates + ", \"gaps\": " + gaps + ", \"broken\": " + broken
                + ", \"types\": " + counts + "}";
    }

    static String quoted(String text) {
        StringBuilder found = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            boolean plain = each >= ' ' && each < 127 && each != '"' && each != '\\';
            found.append(plain ? String.valueOf(each) : String.format("\\u%04x", (int) each));
        }
        return found.append('"').toString();
    }

    static Subscriber subscribe(String broker, String house) throws GeneralSecurityException {
        String topic = house + ".dossier.events.v1";
        Map<String, Object> settings = Map.of("bootstrap.servers", broker, "allow.auto.create.topics", false);
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        Subscriber check = new Subscriber();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            List<TopicPartition> places = consumer.partitionsFor(topic).stream()
                    .map(each -> new TopicPartition(topic, each.partition()))
                    .toList();
            if (places.isEmpty()) {
                System.err.println("There is no topic " + topic + " at " + broker + ".");
                System.exit(2);
            }
            consumer.assign(places);
            consumer.seekToBeginning(places);
            Map<TopicPartition, Long> ends = consumer.endOffsets(places);
            while (places.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
                for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofSeconds(1))) {
                    if (each.offset() < ends.get(new TopicPartition(topic, each.partition()))) {
                        check.see(each);
                    }
                }
            }
        }
        return check;
    }

    public static void main(String[] arguments) throws GeneralSecurityException {
        Subscriber found = subscribe(arguments[0], arguments[1]);
        System.out.println(found.summary());
        System.exit(found.gaps.isEmpty() && found.broken.isEmpty() ? 0 : 1);
    }
}
